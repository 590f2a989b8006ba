// BLEU 1-4 (Papineni et al. 2002) as the COCO toolkit computes it: the reference length closest to the hypothesis (the shorter of two
// equally close), and 1e-15 and 1e-9 added above and below, so that no match scores almost 0 instead of failing.
import type { Hypotheses, References } from './caption-sets.ts'
import { countCaptions, longestNgram, type CountedCaptions, type NgramCounter, type NgramCounts } from './ngrams.ts'

export interface BleuScores {
  /** BLEU-1 to BLEU-4 of the corpus: matches and lengths are summed before the ratio, so this is no mean over images. */
  readonly score: readonly number[]
  /** BLEU-1 to BLEU-4 of each image, by stem. */
  readonly perImage: Readonly<Record<string, readonly number[]>>
  /** What was summed, (images, 10): `corpusBleu` makes the score of any other set of these images from it. */
  readonly matches: Float64Array
}

/** What BLEU adds up over the images. */
interface Matches {
  /** n-grams found in a reference, by n - 1. */
  readonly correct: number[]
  /** n-grams written, by n - 1. */
  readonly guessed: number[]
  written: number
  expected: number
}

/** BLEU-1 to BLEU-4 of the corpus and of each image. */
export function bleu(hypotheses: Hypotheses, references: References): BleuScores {
  return bleuOf(countCaptions(hypotheses, references))
}

/** `bleu` of captions whose n-grams are counted already. */
export function bleuOf({ images, counter, ours, theirs }: CountedCaptions): BleuScores {
  const matchesOf = matcher(counter)
  const each = images.map((_, i) => matchesOf(ours[i]!, theirs[i]!))
  const matches = Float64Array.from(
    each.flatMap(({ correct, guessed, written, expected }) => [...correct, ...guessed, written, expected]),
  )
  return {
    score: corpusBleu(matches, images.keys()),
    perImage: Object.fromEntries(images.map((image, i) => [image, scoresFrom(each[i]!)])),
    matches,
  }
}

const summed = 2 * longestNgram + 2

/** BLEU-1 to BLEU-4 of a set of images by their positions, which may name an image more than once: a bootstrap's. */
export function corpusBleu(matches: Float64Array, images: Iterable<number>): number[] {
  const total = new Float64Array(summed)
  for (const image of images) for (let i = 0; i < summed; i++) total[i]! += matches[image * summed + i]!
  const [written, expected] = total.subarray(2 * longestNgram)
  return scoresFrom({
    correct: [...total.subarray(0, longestNgram)],
    guessed: [...total.subarray(longestNgram, 2 * longestNgram)],
    written: written!,
    expected: expected!,
  })
}

function nothingMatched(): Matches {
  return {
    correct: new Array<number>(longestNgram).fill(0),
    guessed: new Array<number>(longestNgram).fill(0),
    written: 0,
    expected: 0,
  }
}

function matcher(counter: NgramCounter) {
  const ids = counter.ids()
  const counts = counter.counts()
  const most = new Int32Array(counter.size()) // how often an n-gram occurs in one reference at most; all zeros between calls

  return (hypothesis: NgramCounts, references: readonly NgramCounts[]): Matches => {
    for (const { ends } of references) {
      for (let i = ends[0]!; i < ends[longestNgram]!; i++) most[ids[i]!] = Math.max(most[ids[i]!]!, counts[i]!)
    }
    const matches = nothingMatched()
    for (let n = 0; n < longestNgram; n++) {
      for (let i = hypothesis.ends[n]!; i < hypothesis.ends[n + 1]!; i++)
        matches.correct[n]! += Math.min(counts[i]!, most[ids[i]!]!)
      matches.guessed[n] = Math.max(0, hypothesis.words - n)
    }
    for (const { ends } of references) for (let i = ends[0]!; i < ends[longestNgram]!; i++) most[ids[i]!] = 0
    matches.written = hypothesis.words
    matches.expected = closest(
      hypothesis.words,
      references.map((reference) => reference.words),
    )
    return matches
  }
}

function closest(length: number, lengths: readonly number[]): number {
  const distance = (other: number) => Math.abs(other - length)
  return lengths.reduce((best, other) =>
    distance(other) < distance(best) || (distance(other) === distance(best) && other < best) ? other : best,
  )
}

function scoresFrom({ correct, guessed, written, expected }: Matches): number[] {
  const tiny = 1e-15
  const small = 1e-9
  const ratio = (written + tiny) / (expected + small)
  const brevity = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1
  let product = 1
  return correct.map((matches, i) => {
    product *= (matches + tiny) / (guessed[i]! + small)
    return product ** (1 / (i + 1)) * brevity
  })
}
