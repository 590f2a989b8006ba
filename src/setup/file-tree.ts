// Files that somebody brought, in an archive (a Python wheel, a NuGet package: both are zips) or in a folder. An archive is read as if a
// stranger had made it: its directory is checked by checkpoint/zip-directory, each file that is taken for its size and sum.
import { createReadStream, createWriteStream, existsSync, readdirSync, statSync } from 'node:fs'
import { constants, copyFile, mkdir } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createInflateRaw } from 'node:zlib'
import { messageOf, UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import { openBytes, type FileBytes } from '../checkpoint/file-bytes.ts'
import { dataOffset, zipDirectory, type ZipMember } from '../checkpoint/zip-directory.ts'

export interface FileTree {
  /** Its name for the reader. */
  readonly name: string
  /** Paths of the files below `prefix`, which ends with a slash, or is a file's own path. */
  below(prefix: string): string[]
  /** Copies a file to `target`; makes its folder. Throws UserError where the file is damaged or the disk refuses. */
  copy(path: string, target: string): Promise<void>
}

const largestFile = 2 ** 33 // the largest library of TensorFlow or CUDA has a fifth of it

/** Throws UserError where the file is no sound zip archive. */
export function openArchive(path: string): FileTree {
  const file = openBytes(path)
  const members = zipDirectory(file)
  return {
    name: basename(path),
    below: (prefix) => [...members.keys()].filter((name) => name.startsWith(prefix) && !name.endsWith('/')),
    copy: (name, target) => unpack(file, members.get(name)!, target),
  }
}

async function unpack(file: FileBytes, member: ZipMember, target: string): Promise<void> {
  const { name, method, size, storedSize } = member
  const damaged = (flaw: string) => new UserError(`${file.path}: \`${name}\` is damaged, ${flaw}; fetch the file again.`)
  if (size > largestFile) throw damaged(`it claims ${size} bytes`)
  if (method !== 0 && method !== 8) throw damaged(`it is compressed by method ${method}`)
  const start = dataOffset(file, member)
  const stored = storedSize === 0 ? new PassThrough().end() : createReadStream(file.path, { start, end: start + storedSize - 1 })

  let [seen, sum] = [0, 0]
  async function* checked(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      seen += chunk.length
      sum = crc32(chunk, sum)
      if (seen > size) throw damaged(`it has more than the ${size} bytes that it claims`)
      yield chunk
    }
  }
  try {
    await mkdir(dirname(target), { recursive: true })
    await pipeline(stored, method === 8 ? createInflateRaw() : new PassThrough(), checked, createWriteStream(target))
  } catch (error) {
    const failure = writeFailure(target, error)
    throw failure instanceof UserError ? failure : damaged(messageOf(error))
  }
  if (seen !== size || sum !== member.crc) throw damaged('its sum is another one')
}

/** A folder as an installation or `unzip` leaves it. */
export function openFolder(path: string): FileTree {
  return {
    name: path,
    below(prefix) {
      const start = join(path, prefix)
      if (!existsSync(start)) return []
      if (statSync(start).isFile()) return [prefix]
      const entries = readdirSync(start, { withFileTypes: true, recursive: true })
      return entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(path, join(entry.parentPath, entry.name)))
    },
    async copy(name, target) {
      try {
        await mkdir(dirname(target), { recursive: true })
        await copyFile(join(path, name), target, constants.COPYFILE_FICLONE)
      } catch (error) {
        throw writeFailure(target, error)
      }
    },
  }
}
