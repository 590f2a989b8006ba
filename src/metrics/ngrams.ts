// Counts the 1- to 4-grams of captions under small whole numbers, so that scoring works on typed arrays instead of strings.
// Numbers are shared by all captions counted by one counter; they are given out in order of first appearance.
import { splitAtSpaces, type Tokens } from './caption-sets.ts'

/** The longest n-gram that the metrics look at. */
export const longestNgram = 4

/** The distinct n-grams of one caption, 1-grams first, each order by first appearance. */
export interface NgramCounts {
  readonly ids: Int32Array
  readonly counts: Int32Array
  /** `ids[ends[n - 1]] ... ids[ends[n] - 1]` are the n-grams of n words; `ends[0]` is 0. */
  readonly ends: readonly number[]
  /** Number of words. */
  readonly words: number
}

export interface NgramCounter {
  count(tokens: Tokens): NgramCounts
  /** Ids given out so far: all are below. */
  size(): number
  /** The words of an n-gram joined by spaces. */
  text(id: number): string
}

/** A fresh counter with no n-grams known. */
export function ngramCounter(): NgramCounter {
  const words = new Map<string, number>()
  const longer = new Map<number, number>() // (id of all words but the last) * 2^21 + last word -> id
  const ends: { prefix: number; word: string }[] = []
  let seenIn = new Int32Array(1 << 12)
  let position = new Int32Array(1 << 12)
  let captions = 0

  function idOf(prefix: number, word: number, text: string): number {
    const key = prefix * 2 ** 21 + word
    const known = longer.get(key)
    if (known !== undefined) return known
    longer.set(key, ends.length)
    return ends.push({ prefix, word: text }) - 1
  }

  function wordId(text: string): number {
    const known = words.get(text)
    if (known !== undefined) return known
    words.set(text, ends.length)
    return ends.push({ prefix: -1, word: text }) - 1
  }

  function count(tokens: Tokens): NgramCounts {
    const split = splitAtSpaces(tokens)
    const length = split.length
    captions++
    const ids = new Int32Array(longestNgram * length)
    const counts = new Int32Array(longestNgram * length)
    const wordIds = split.map(wordId)
    let grams = wordIds
    let distinct = 0
    const limits = [0]
    for (let n = 1; n <= longestNgram; n++) {
      if (n > 1)
        grams = grams
          .slice(0, Math.max(0, length - n + 1))
          .map((prefix, i) => idOf(prefix, wordIds[i + n - 1]!, split[i + n - 1]!))
      if (ends.length > seenIn.length) {
        seenIn = grown(seenIn, ends.length)
        position = grown(position, ends.length)
      }
      for (const id of grams) {
        if (seenIn[id] !== captions) {
          seenIn[id] = captions
          position[id] = distinct
          ids[distinct++] = id
        }
        counts[position[id]!]!++
      }
      limits.push(distinct)
    }
    return { ids: ids.slice(0, distinct), counts: counts.slice(0, distinct), ends: limits, words: length }
  }

  function text(id: number): string {
    const { prefix, word } = ends[id]!
    return prefix < 0 ? word : `${text(prefix)} ${word}`
  }

  return { count, size: () => ends.length, text }
}

function grown(array: Int32Array, atLeast: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * atLeast)
  larger.set(array)
  return larger
}
