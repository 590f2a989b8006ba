// CLIP's tokenizer: cleaned, lower-cased text, cut into words, merged; the last character of a word carries `</w>`.
import { UserError } from '../base/errors.ts'
import { ints } from '../base/nd-array.ts'
import type { IntArray } from '../base/nd-array.ts'
import { pairMerger, rememberWords } from './byte-pairs.ts'
import { byteCharacters } from './bytes.ts'
import { clipByteTokens, END_OF_WORD, readClipMerges } from './clip-file.ts'
import { CLIP_END, CLIP_START, clipWords } from './clip-words.ts'

export interface ClipTokenizer {
  /** Number of tokens: rows of the text tower's embedding. */
  readonly size: number
  readonly start: number
  readonly end: number
  /** The ids of a text, without start and end. */
  readonly encode: (text: string) => number[]
  /**
   * What the text tower takes: (texts, context), each row start, ids, end, zeros. `context` is the model's (77 in the published ones).
   * A text that does not fit throws UserError, or is cut to end in `end` where `truncate` is set.
   */
  readonly tokenize: (texts: readonly string[], options: { context: number; truncate?: boolean }) => IntArray
}

/** Reads a gzipped vocabulary in the format of `bpe_simple_vocab_16e6.txt.gz`, of any size. UserError where it is missing or malformed. */
export function clipTokenizer(vocabularyFile: string): ClipTokenizer {
  const merges = readClipMerges(vocabularyFile)
  const tokens = [...clipByteTokens(), ...merges.map(({ merged }) => merged)]
  const ids = new Map(tokens.map((token, id) => [token, id])) // of a token listed twice the later id holds, as in the original
  const start = tokens.length
  const end = start + 1
  const size = start + 2
  const merge = pairMerger(
    merges.map(({ left, right, merged }) => ({ left: ids.get(left)!, right: ids.get(right)!, merged: ids.get(merged)! })),
    size,
  )
  const inside = byteCharacters('gpt2').map((character) => ids.get(character)!)
  const final = byteCharacters('gpt2').map((character) => ids.get(character + END_OF_WORD)!)
  const utf8 = new TextEncoder()

  const idsOf = rememberWords((word) => {
    if (word === CLIP_START) return [start]
    if (word === CLIP_END) return [end]
    const bytes = Array.from(utf8.encode(word))
    return merge(bytes.map((byte, i) => (i + 1 < bytes.length ? inside : final)[byte]!))
  })

  function encode(text: string): number[] {
    return clipWords(text).flatMap(idsOf)
  }

  function tokenize(texts: readonly string[], { context, truncate = false }: { context: number; truncate?: boolean }): IntArray {
    const result = ints([texts.length, context])
    texts.forEach((text, row) => {
      const tokens = [start, ...encode(text), end]
      if (tokens.length > context) {
        if (!truncate) throw tooLong(text, tokens.length, context)
        tokens.length = context
        tokens[context - 1] = end
      }
      result.data.set(tokens, row * context)
    })
    return result
  }

  return { size, start, end, encode, tokenize }
}

function tooLong(text: string, length: number, context: number): UserError {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
  return new UserError(
    `${shown}: the text is too long for CLIP's context, ${length} tokens with start and end; at most ${context} fit.`,
  )
}
