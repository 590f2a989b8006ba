// GPT-2's byte-level BPE tokenizer in two dialects: OpenAI's and the one the course hands out with its decoder.
import { UserError } from '../base/errors.ts'
import { pairMerger, rememberWords } from './byte-pairs.ts'
import { byteCharacters } from './bytes.ts'
import type { Dialect } from './bytes.ts'
import { readGpt2Vocabulary } from './gpt2-files.ts'
import { END_OF_TEXT, gpt2Words } from './gpt2-words.ts'

export type { Dialect } from './bytes.ts'

export interface Gpt2Tokenizer {
  readonly dialect: Dialect
  /** Number of tokens: rows of the decoder's embedding. */
  readonly size: number
  /** The id of `<|endoftext|>`, with which a caption starts ... */
  readonly start: number
  /** ... and ends. */
  readonly end: number
  /** Ids that `decode` refuses in this dialect; a decoder must not choose them. Empty for `gpt2`. */
  readonly undecodable: readonly number[]
  /**
   * The ids of a text, without start and end. Throws `TokenizerError` on what the dialect cannot spell.
   * As in the originals, `gpt2` spells `<|endoftext|>` out as text; `course` refuses it unless `special` allows it as the token.
   */
  readonly encode: (text: string, options?: { special?: boolean }) => number[]
  /** The text of ids; bytes that are not UTF-8 become U+FFFD. Throws `TokenizerError` on an undecodable id. */
  readonly decode: (ids: readonly number[]) => string
}

/** Text that a dialect cannot spell, or a token that it cannot read. */
export class TokenizerError extends UserError {
  override name = 'TokenizerError'
  /** The text given to `encode`, or the token given to `decode`. */
  readonly text: string
  /** The byte that has no token, if that is what went wrong. */
  readonly byte: number | undefined

  constructor(message: string, text: string, byte?: number) {
    super(message)
    this.text = text
    this.byte = byte
  }
}

/** Reads `encoder.json` and `vocab.bpe` of `folder`; sizes and ids come from the files. UserError where they are missing or malformed. */
export function gpt2Tokenizer(folder: string, dialect: Dialect): Gpt2Tokenizer {
  const { ids, merges } = readGpt2Vocabulary(folder)
  const size = ids.size
  const end = ids.get(END_OF_TEXT)!
  const byteIds = byteCharacters(dialect).map((character) => ids.get(character))
  requireBytes(byteIds, folder, dialect)
  const merge = pairMerger(
    merges.map(({ left, right, merged }) => ({ left: ids.get(left)!, right: ids.get(right)!, merged: ids.get(merged)! })),
    size,
  )
  const idsOf = rememberWords((word) => merge(Array.from(utf8.encode(word), (byte) => byteIds[byte]!)))
  const { decode, undecodable } = decoder([...ids.keys()], dialect)

  function encode(text: string, { special = false }: { special?: boolean } = {}): number[] {
    const missing = beyondAscii.test(text) ? utf8.encode(text).find((byte) => byteIds[byte] === undefined) : undefined
    if (missing !== undefined) throw unspellable(text, missing)
    const result: number[] = []
    for (const word of gpt2Words(text, dialect)) {
      if (word === END_OF_TEXT) {
        if (!special)
          throw new TokenizerError(`${quote(text)}: holds the special token ${END_OF_TEXT}; a caption must not.`, text)
        result.push(end)
      } else {
        for (const id of idsOf(word)) result.push(id)
      }
    }
    return result
  }

  return { dialect, size, start: end, end, undecodable, encode, decode }
}

function requireBytes(byteIds: readonly (number | undefined)[], folder: string, dialect: Dialect): void {
  const missing = byteIds.findIndex((id, byte) => id === undefined && !(dialect === 'course' && byte === 173))
  if (missing >= 0)
    throw new UserError(
      `${folder}/encoder.json: no token for byte ${hex(missing)}; a byte-level vocabulary has one for each of the 256 bytes.`,
    )
}

const utf8 = new TextEncoder()
/** Every vocabulary can spell the rest. */
const beyondAscii = /[^\0-\x7f]/

function unspellable(text: string, byte: number): TokenizerError {
  const culprit = Array.from(text).find((character) => utf8.encode(character).includes(byte)) ?? ''
  const found = `byte ${hex(byte)} of ${quote(culprit)} has no token in the course's dialect`
  return new TokenizerError(`${quote(text)}: ${found}; use the gpt2 dialect or reword the text.`, text, byte)
}

function decoder(tokens: readonly string[], dialect: Dialect): Pick<Gpt2Tokenizer, 'decode' | 'undecodable'> {
  const byteOf = new Map(byteCharacters(dialect).map((character, byte) => [character, byte]))
  const undecodable = [...tokens.keys()].filter((id) => !isSpelled(tokens[id]!))
  const text = new TextDecoder('utf-8', { ignoreBOM: true })

  function isSpelled(token: string): boolean {
    for (const character of token) if (!byteOf.has(character)) return false
    return true
  }

  function decode(ids: readonly number[]): string {
    const bytes: number[] = []
    for (const id of ids) {
      const token = tokens[id]
      if (token === undefined) throw new Error(`decode: id ${id} is outside the vocabulary of ${tokens.length} tokens`)
      for (const character of token) {
        const byte = byteOf.get(character)
        if (byte === undefined) {
          throw new TokenizerError(
            `token ${id} ${quote(token)}: cannot be read in the ${dialect} dialect; use the gpt2 dialect.`,
            token,
          )
        }
        bytes.push(byte)
      }
    }
    return text.decode(Uint8Array.from(bytes))
  }

  return { decode, undecodable }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
