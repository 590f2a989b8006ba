// The bytes of a weights file, a piece at a time. The file is opened for each piece and must stay the one that was opened first, so that
// an old header is never used on new data.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { CheckpointError, checkpointReadFailure } from './checkpoint-error.ts'

export interface FileBytes {
  readonly path: string
  readonly size: number
  /** Exactly `length` bytes, in a buffer of their own; `what` names them where they are missing or too many. Throws CheckpointError. */
  read(position: number, length: number, what: string): Uint8Array<ArrayBuffer>
}

/** Throws CheckpointError where the file is missing or may not be read. */
export function openBytes(path: string): FileBytes {
  const { size, stamp } = withFile(path, (file) => ({ size: fstatSync(file).size, stamp: stampOf(file) }))
  return {
    path,
    size,
    read: (position, length, what) =>
      withFile(path, (file) => {
        if (stampOf(file) !== stamp)
          throw new CheckpointError(`${path}: the file changed while it was being read; run the command again.`)
        return bytesAt(path, file, position, length, what)
      }),
  }
}

function stampOf(file: number): string {
  const { ino, size, mtimeMs } = fstatSync(file)
  return `${ino}/${size}/${mtimeMs}`
}

const largestRead = 2 ** 30 // one system call gives less than 2 GiB

function bytesAt(path: string, file: number, position: number, length: number, what: string): Uint8Array<ArrayBuffer> {
  const bytes = allocate(path, length, what)
  let done = 0
  while (done < length) {
    const count = readSync(file, bytes, done, Math.min(largestRead, length - done), position + done)
    if (count === 0)
      throw new CheckpointError(`${path}: ${what} ends at offset ${position + done}; ${length - done} more bytes are needed.`)
    done += count
  }
  return bytes
}

function allocate(path: string, length: number, what: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length)
  } catch {
    throw new CheckpointError(`${path}: ${what} has ${length} bytes; this machine cannot hold that many at once.`)
  }
}

function withFile<T>(path: string, use: (file: number) => T): T {
  try {
    const file = openSync(path, 'r')
    try {
      return use(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw checkpointReadFailure(path, error)
  }
}
