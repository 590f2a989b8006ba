// Tokens back into the words that they spell: what is said of pieces (attention, probabilities) is understood word by word.
import { gpt2Words } from './gpt2-words.ts'
import type { Gpt2Tokenizer } from './gpt2.ts'

export interface SpelledWord {
  /** Without the space in front of it. */
  readonly text: string
  /** Its tokens are those numbered from `from` up to, not with, `to`. */
  readonly from: number
  readonly to: number
}

/** The words of a text given by its ids, in order; punctuation and contractions are words of their own, as the tokenizer cuts them. */
export function wordsOfIds({ decode, dialect }: Gpt2Tokenizer, ids: readonly number[]): SpelledWord[] {
  const starts = ids.map((_, i) => commonLength(decode(ids.slice(0, i)), decode(ids)))
  const ends = wordEnds(gpt2Words(decode(ids), dialect))
  const wordOf = starts.map((start) => ends.findIndex((end) => start < end))
  const firsts = wordOf.flatMap((word, i) => (i === 0 || word !== wordOf[i - 1] ? [i] : []))
  return firsts.map((from, i) => {
    const to = firsts[i + 1] ?? ids.length
    return { text: decode(ids.slice(from, to)).trim(), from, to }
  })
}

/** Where each word ends in the text; spaces alone belong to the word behind them. */
function wordEnds(words: readonly string[]): number[] {
  const ends: number[] = []
  let end = 0
  for (const [i, word] of words.entries()) {
    end += word.length
    if (word.trim() !== '' || i === words.length - 1) ends.push(end)
  }
  return ends
}

/** A character that is spelled half is not common yet. */
function commonLength(beginning: string, text: string): number {
  let length = 0
  while (length < beginning.length && beginning[length] === text[length]) length++
  return length
}
