// Tar archives (POSIX ustar): written with nothing in them that depends on time, user or machine, read as far as npm's packages need.
import { Buffer } from 'node:buffer'

export interface TarEntry {
  /** With slashes, without a leading one. */
  readonly path: string
  readonly data: Uint8Array
  readonly executable?: boolean
}

const block = 512

/** The archive's bytes, piece by piece, entries in the order given. Throws where a path is longer than the format holds. */
export function* tarPieces(entries: Iterable<TarEntry>): Generator<Uint8Array> {
  for (const entry of entries) {
    yield header(entry)
    yield entry.data
    yield new Uint8Array((block - (entry.data.length % block)) % block)
  }
  yield new Uint8Array(2 * block)
}

function header({ path, data, executable = false }: TarEntry): Uint8Array {
  const bytes = Buffer.alloc(block)
  const { prefix, name } = splitPath(path)
  const octal = (value: number, at: number, length: number) =>
    bytes.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  bytes.write(name, 0)
  octal(executable ? 0o755 : 0o644, 100, 8)
  octal(0, 108, 8) // user
  octal(0, 116, 8) // group
  octal(data.length, 124, 12)
  octal(0, 136, 12) // time
  bytes.write('        0', 148, 'latin1') // the checksum counts as spaces; type 0 is a file
  bytes.write('ustar\u000000', 257, 'latin1')
  bytes.write(prefix, 345)
  octal(bytes.reduce((sum, byte) => sum + byte, 0), 148, 7) // prettier-ignore
  return bytes
}

/** A path of more than 100 bytes is cut at a slash. */
function splitPath(path: string): { prefix: string; name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path }
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return { prefix, name }
  }
  throw new Error(`tar: the path is too long: ${path}`)
}

/** The bytes of one file of an archive; undefined where it has none of that path. */
export function fileInTar(archive: Uint8Array, path: string): Uint8Array | undefined {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.length)
  const text = (at: number, length: number) => bytes.toString('utf8', at, at + length).replace(/\0.*$/s, '')
  for (let at = 0; at + block <= bytes.length && bytes[at] !== 0;) {
    const [name, prefix] = [text(at, 100), text(at + 345, 155)]
    const size = parseInt(text(at + 124, 12), 8)
    if ((prefix === '' ? name : `${prefix}/${name}`) === path) return bytes.subarray(at + block, at + block + size)
    at += block * (1 + Math.ceil(size / block))
  }
  return undefined
}
