// BLEU 1-4 (Papineni et al. 2002) as the COCO toolkit computes it: the reference length closest to the hypothesis (the shorter of two
// equally close), and 1e-15 and 1e-9 added above and below, so that no match scores almost 0 instead of failing.
import { pairs, type Hypotheses, type References } from './caption-sets.ts'
import { longestNgram, ngramCounter, type NgramCounter, type NgramCounts } from './ngrams.ts'

export interface BleuScores {
  /** BLEU-1 to BLEU-4 of the corpus: matches and lengths are summed before the ratio, so this is no mean over images. */
  readonly score: readonly number[]
  /** BLEU-1 to BLEU-4 of each image, by stem. */
  readonly perImage: Readonly<Record<string, readonly number[]>>
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
  const captions = pairs(hypotheses, references)
  const counter = ngramCounter()
  const theirs = captions.map((pair) => pair.references.map(counter.count))
  const ours = captions.map((pair) => counter.count(pair.hypothesis))
  const matches = matcher(counter)
  const total = nothingMatched()
  const perImage = captions.map(({ image }, i) => {
    const its = matches(ours[i]!, theirs[i]!)
    add(total, its)
    return [image, scoresFrom(its)] as const
  })
  return { score: scoresFrom(total), perImage: Object.fromEntries(perImage) }
}

function nothingMatched(): Matches {
  return {
    correct: new Array<number>(longestNgram).fill(0),
    guessed: new Array<number>(longestNgram).fill(0),
    written: 0,
    expected: 0,
  }
}

function add(total: Matches, image: Matches): void {
  image.correct.forEach((n, i) => (total.correct[i]! += n))
  image.guessed.forEach((n, i) => (total.guessed[i]! += n))
  total.written += image.written
  total.expected += image.expected
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
