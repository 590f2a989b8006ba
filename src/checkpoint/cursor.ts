// A place in a part of a file that moves forward as bytes are taken; it holds a small window of the file, however long the part is.
import { CheckpointError } from './checkpoint-error.ts'
import type { FileBytes } from './file-bytes.ts'

export interface Cursor {
  /** Names the file and the part, for messages. */
  readonly where: string
  /** Offset in the part. */
  position(): number
  byte(): number
  take(length: number): Uint8Array
  /** The bytes to the next line feed, as text. */
  line(): string
}

const windowBytes = 2 ** 16
const longestLine = 1000

/** A cursor at `begin` that may not pass `end`; offsets in its messages count from `begin`. */
export function cursorAt(file: FileBytes, begin: number, end: number, part: string | undefined): Cursor {
  const where = part === undefined ? file.path : `${file.path}: entry \`${part}\``
  let window: Uint8Array = new Uint8Array(0)
  let windowBegin = begin
  let at = begin

  function take(length: number): Uint8Array {
    if (at + length > end)
      throw new CheckpointError(
        `${where}: ${length} bytes are needed at offset ${at - begin}, ${end - at} are left; the file is cut off or damaged.`,
      )
    if (at + length > windowBegin + window.length) {
      window = file.read(at, Math.min(end - at, Math.max(length, windowBytes)), part ?? 'the file')
      windowBegin = at
    }
    const taken = window.subarray(at - windowBegin, at - windowBegin + length)
    at += length
    return taken
  }

  const byte = () => take(1)[0]!
  function line(): string {
    const bytes: number[] = []
    for (let value = byte(); value !== 0x0a; value = byte()) {
      bytes.push(value)
      if (bytes.length > longestLine)
        throw new CheckpointError(`${where}: a name of over ${longestLine} bytes at offset ${at - begin}; the file is damaged.`)
    }
    return Buffer.from(bytes).toString('utf8')
  }

  return { where, position: () => at - begin, byte, take, line }
}

/** A cursor over bytes in memory. */
export function cursorOver(path: string, bytes: Uint8Array<ArrayBuffer>, part: string): Cursor {
  const read = (position: number, length: number) => bytes.slice(position, position + length)
  return cursorAt({ path, size: bytes.length, read }, 0, bytes.length, part)
}
