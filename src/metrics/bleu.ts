// BLEU 1-4 (Papineni et al. 2002) as the COCO toolkit computes it: the reference length closest to the hypothesis (the shorter of two
// equally close), and 1e-15 and 1e-9 added above and below, so that no match scores almost 0 instead of failing.
import { pairs, type Hypotheses, type References } from './caption-sets.ts'
import { longestNgram, ngramCounter, type NgramCounts } from './ngrams.ts'

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
  const total = nothingMatched()
  const perImage = captions.map((pair) => {
    const its = pair.references.map((tokens) => counter.count(tokens))
    const matches = matched(counter.count(pair.hypothesis), its)
    add(total, matches)
    return [pair.image, scoresFrom(matches)] as const
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

function matched(hypothesis: NgramCounts, references: readonly NgramCounts[]): Matches {
  const most = new Map<number, number>()
  for (const reference of references) {
    reference.ids.forEach((id, i) => {
      const count = reference.counts[i]!
      if (count > (most.get(id) ?? 0)) most.set(id, count)
    })
  }
  const matches = nothingMatched()
  for (let n = 1; n <= longestNgram; n++) {
    for (let i = hypothesis.ends[n - 1]!; i < hypothesis.ends[n]!; i++) {
      matches.correct[n - 1]! += Math.min(hypothesis.counts[i]!, most.get(hypothesis.ids[i]!) ?? 0)
    }
    matches.guessed[n - 1] = Math.max(0, hypothesis.words - n + 1)
  }
  matches.written = hypothesis.words
  matches.expected = closest(
    hypothesis.words,
    references.map((reference) => reference.words),
  )
  return matches
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
