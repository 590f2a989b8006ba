// CLIP's vocabulary file: gzipped text, a headline and then one merge a line. Token ids follow from it: the 256 bytes, the 256 bytes
// that end a word, one token per merge, start, end.
import { gunzipSync, crc32 } from 'node:zlib'
import { messageOf, UserError } from '../base/errors.ts'
import { readBytes, sha256, writeAtomically } from '../base/files.ts'
import type { Merge } from './byte-pairs.ts'
import { byteCharactersById } from './bytes.ts'

/** Marks the last character of a word: CLIP's tokens tell `dog` from the beginning of `dogma`. */
export const END_OF_WORD = '</w>'

const HEADLINE = '"bpe_simple_vocab_16e6.txt#version: 0.2'
// The published file lists five times the merges that CLIP was trained with.
const PUBLISHED_TEXT = '67603cfda2e032ad77b5f8808af37789d590db664b26df8705d2bf8b3c553fc8'
const PUBLISHED_MERGE_COUNT = 48894

/** The 512 tokens that come before the merges, by id. */
export function clipByteTokens(): string[] {
  const characters = byteCharactersById()
  return [...characters, ...characters.map((character) => character + END_OF_WORD)]
}

/** The merges of a vocabulary of any size; UserError naming the file and the line that is wrong. */
export function readClipMerges(path: string): Merge<string>[] {
  const text = unzip(path)
  const lines = text.split(/\r?\n/, sha256(text) === PUBLISHED_TEXT ? 1 + PUBLISHED_MERGE_COUNT : undefined)
  if (lines[0]?.includes('#version') !== true)
    throw new UserError(`${path}: line 1 has no "#version"; a vocabulary in the format of CLIP's bpe_simple_vocab is needed.`)
  if (lines.at(-1) === '') lines.pop()
  const known = new Set(clipByteTokens())
  return lines.slice(1).map((line, index) => {
    const where = `${path}:${index + 2}`
    const [left = '', right = '', ...more] = line.split(' ')
    if (left === '' || right === '' || more.length > 0)
      throw new UserError(`${where}: ${JSON.stringify(line)} is not a merge; two tokens with one space between are needed.`)
    const unknown = [left, right].find((token) => !known.has(token))
    if (unknown !== undefined)
      throw new UserError(
        `${where}: token ${JSON.stringify(unknown)} is made by no line above; merges must stand in the order they were learned.`,
      )
    known.add(left + right)
    return { left, right, merged: left + right }
  })
}

function unzip(path: string): string {
  const bytes = readBytes(path, "CLIP's vocabulary")
  try {
    return gunzipSync(bytes).toString('utf8')
  } catch (error) {
    throw new UserError(`${path}: cannot be unzipped (${messageOf(error)}); a complete .txt.gz vocabulary is needed.`)
  }
}

/** Writes the file; the same merges give the same bytes on every machine. */
export function writeClipMerges(path: string, merges: readonly Merge<string>[]): void {
  const lines = merges.map(({ left, right }) => `${left} ${right}\n`)
  writeAtomically(path, storedGzip(Buffer.from(`${HEADLINE}\n${lines.join('')}`)))
}

// zlib's compression and header differ between versions and processors; stored blocks (RFC 1951, 3.2.4) leave nothing to choose.
function storedGzip(data: Buffer): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]) // no file name, no time, unknown system
  const parts: Buffer[] = [header]
  for (let start = 0; start === 0 || start < data.length; start += 0xffff) {
    const block = data.subarray(start, start + 0xffff)
    const blockHeader = Buffer.alloc(5)
    blockHeader.writeUInt8(start + 0xffff >= data.length ? 1 : 0)
    blockHeader.writeUInt16LE(block.length, 1)
    blockHeader.writeUInt16LE(block.length ^ 0xffff, 3)
    parts.push(blockHeader, block)
  }
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(data), 0)
  trailer.writeUInt32LE(data.length, 4)
  return Buffer.concat([...parts, trailer])
}
