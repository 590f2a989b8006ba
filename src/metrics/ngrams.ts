// Counts the 1- to 4-grams of captions under small whole numbers, so that scoring works on typed arrays instead of strings.
// Numbers are shared by all captions counted by one counter; they are given out in order of first appearance.
import { pairs as captionPairs, type Hypotheses, type References, type Tokens } from './caption-sets.ts'

/** The longest n-gram that the metrics look at. */
export const longestNgram = 4

/** Where a caption's distinct n-grams stand in the counter's arrays: 1-grams first, each order by first appearance. */
export interface NgramCounts {
  /** The n-grams of n words are at `ends[n - 1]` up to, not including, `ends[n]`. */
  readonly ends: readonly number[]
  /** Number of words. */
  readonly words: number
}

export interface NgramCounter {
  readonly count: (tokens: Tokens) => NgramCounts
  /** The n-grams of all captions counted so far; counting more may move them to another array. */
  readonly ids: () => Int32Array
  /** How often each of `ids` occurs in its caption. */
  readonly counts: () => Int32Array
  /** Numbers given out so far: all ids are below. */
  readonly size: () => number
  /** The words of an n-gram joined by spaces. */
  readonly text: (id: number) => string
}

/** A fresh counter with no n-grams known. */
export function ngramCounter(): NgramCounter {
  const numbers = new Map<string, readonly number[]>() // of most tokens one, see `numbersOf`
  const words: string[] = []
  const pairs = pairNumbers()
  let ids = new Int32Array(1 << 12) // of all captions, one after the other: an array for each caption would keep the collector busy
  let counts = new Int32Array(1 << 12)
  let position = new Int32Array(1 << 12).fill(-1) // where an n-gram was counted last, by id
  let used = 0

  /** As Python's `str.split()` sees words: the tokenizer's fractions hold a no-break space, which CIDEr and BLEU split at. */
  function numbersOf(token: string): readonly number[] {
    const known = numbers.get(token)
    if (known !== undefined) return known
    const parts = innerSpace.test(token) ? token.split(innerSpace).filter((part) => part !== '') : [token]
    const its = parts.length === 1 && parts[0] === token ? [words.push(token) - 1] : parts.flatMap(numbersOf)
    numbers.set(token, its)
    return its
  }

  function count(tokens: Tokens): NgramCounts {
    const caption: number[] = []
    for (const token of tokens) for (const number of numbersOf(token)) caption.push(number)
    const grams = caption.map(() => -1)
    const start = used
    const ends = [start]
    while (start + longestNgram * caption.length > ids.length) {
      ids = grown(ids)
      counts = grown(counts)
    }
    for (let n = 1; n <= longestNgram; n++) {
      for (let i = 0; i + n <= caption.length; i++) {
        const id = pairs.number(grams[i]!, caption[i + n - 1]!)
        grams[i] = id
        if (id >= position.length) position = grown(position, -1)
        if (position[id]! < start) {
          position[id] = used
          ids[used++] = id
        }
        counts[position[id]!]!++
      }
      ends.push(used)
    }
    return { ends, words: caption.length }
  }

  function text(id: number): string {
    const { left, right } = pairs.at(id)
    const last = words[right]!
    return left < 0 ? last : `${text(left)} ${last}`
  }

  return { count, ids: () => ids, counts: () => counts, size: pairs.size, text }
}

const innerSpace = /[\s\u001c-\u001f\u0085]/u

/** A set of captions with its n-grams counted, once for all metrics that count them. */
export interface CountedCaptions {
  /** Stems, in the references' order. */
  readonly images: readonly string[]
  readonly counter: NgramCounter
  /** Of each image the hypothesis, and the references. */
  readonly ours: readonly NgramCounts[]
  readonly theirs: readonly (readonly NgramCounts[])[]
}

/** Counts the n-grams of all captions; throws unless hypotheses and references name the same images. */
export function countCaptions(hypotheses: Hypotheses, references: References): CountedCaptions {
  const captions = captionPairs(hypotheses, references)
  const counter = ngramCounter()
  const theirs = captions.map((pair) => pair.references.map(counter.count))
  const ours = captions.map((pair) => counter.count(pair.hypothesis))
  return { images: captions.map(({ image }) => image), counter, ours, theirs }
}

/** Numbers pairs of whole numbers in order of first appearance: an n-gram is the pair of its first n - 1 words and its last (left -1: none). */
function pairNumbers() {
  let lefts = new Int32Array(1 << 12)
  let rights = new Int32Array(1 << 12)
  let slots = new Int32Array(1 << 13).fill(-1) // open addressing, at most half full
  let size = 0

  function number(left: number, right: number): number {
    let slot = slotOf(left, right)
    for (;;) {
      const id = slots[slot]!
      if (id < 0) break
      if (lefts[id] === left && rights[id] === right) return id
      slot = (slot + 1) & (slots.length - 1)
    }
    if (size === lefts.length) {
      grow()
      return number(left, right)
    }
    lefts[size] = left
    rights[size] = right
    slots[slot] = size
    return size++
  }

  function slotOf(left: number, right: number): number {
    const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 1, 0x85ebca6b)
    return (mixed ^ (mixed >>> 15)) & (slots.length - 1)
  }

  function grow(): void {
    lefts = grown(lefts)
    rights = grown(rights)
    slots = new Int32Array(2 * slots.length).fill(-1)
    for (let id = 0; id < size; id++) {
      let slot = slotOf(lefts[id]!, rights[id]!)
      while (slots[slot]! >= 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = id
    }
  }

  return { number, size: () => size, at: (id: number) => ({ left: lefts[id]!, right: rights[id]! }) }
}

function grown(array: Int32Array, filler = 0): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length).fill(filler, array.length)
  larger.set(array)
  return larger
}
