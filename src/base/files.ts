// Files are written under a temporary name and renamed, so that a killed process never leaves half of one.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { messageOf, systemCode, UserError } from './errors.ts'

/** The checkout's root: paths in YAML files are relative to it. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)))

function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('no package.json above the program')
  return findPackageRoot(parent)
}

/** An absolute path for one written in a YAML file. */
export function fromRoot(path: string): string {
  return resolve(packageRoot, path)
}

/** Writes the whole file or nothing; makes missing parent folders. Throws UserError where the disk or the permissions refuse. */
export function writeAtomically(path: string, data: string | Uint8Array): void {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, data)
    renameSync(temporary, path)
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary) // `force` alone throws where a parent is a file
    throw writeFailure(path, error)
  }
}

/** The sentence for a write that the system refused; anything else is given back as it is. */
export function writeFailure(path: string, error: unknown): unknown {
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError(`${path}: cannot be written, the disk is full; free some space and run the same command again.`)
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new UserError(`${path}: cannot be written, permission denied; choose a folder that you may write to.`)
    case 'ENOTDIR':
    case 'EEXIST':
      return new UserError(`${path}: cannot be written, a file stands where a folder is needed.`)
    case 'EISDIR':
      return new UserError(`${path}: cannot be written, a folder stands there; the name of a file is needed.`)
    default:
      return error
  }
}

/** The bytes of a file; UserError where it is missing or unreadable. `what` names it for the reader: "the decoder's weights". */
export function readBytes(path: string, what = 'the file'): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw readFailure(path, what, error)
  }
}

/** The text of a UTF-8 file; UserError where it is missing or unreadable. */
export function readText(path: string, what = 'the file'): string {
  return readBytes(path, what).toString('utf8')
}

/** A JSON file, unchecked; UserError where it is missing or malformed. */
export function readJson(path: string, what = 'the file'): unknown {
  const text = readText(path, what)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new UserError(`${path}: ${what} is not valid JSON (${messageOf(error)}).`)
  }
}

function readFailure(path: string, what: string, error: unknown): unknown {
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UserError(`${path}: ${what} is missing.`)
    case 'EACCES':
    case 'EPERM':
      return new UserError(`${path}: ${what} cannot be read, permission denied.`)
    case 'EISDIR':
      return new UserError(`${path}: ${what} is a folder; a file is needed.`)
    default:
      return error
  }
}

/** SHA-256 in hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** SHA-256 of a file, streamed; UserError where it cannot be read. */
export async function sha256OfFile(path: string, what = 'the file'): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch (error) {
    throw readFailure(path, what, error)
  }
  return hash.digest('hex')
}
