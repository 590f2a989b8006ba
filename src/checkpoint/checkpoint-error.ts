import { systemCode, UserError } from '../base/errors.ts'

/** A weights file that cannot be used. The sentence names the file and, where they are known, the entry and the byte offset. */
export class CheckpointError extends UserError {
  override name = 'CheckpointError'
}

/** The sentence for a weights file that the system would not read; anything else is given back as it is. */
export function checkpointReadFailure(path: string, error: unknown): unknown {
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new CheckpointError(`${path}: the file is missing.`)
    case 'EISDIR':
      return new CheckpointError(`${path}: this is a folder; a weights file is needed.`)
    case 'EACCES':
    case 'EPERM':
      return new CheckpointError(`${path}: the file cannot be read, permission denied.`)
    default:
      return error
  }
}
