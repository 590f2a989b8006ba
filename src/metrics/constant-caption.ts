// The score that a program reaches without looking: the one caption that, given to every image, has the highest mean CIDEr-D. A trained
// model must beat it by far. An index from n-grams to the references that hold them makes thousands of candidates a matter of seconds.
import type { References, Tokens } from './caption-sets.ts'
import { bigrams, inverseDocumentFrequency, lengthPenalty, type DocumentFrequency } from './cider.ts'
import { longestNgram, ngramCounter, type NgramCounter, type NgramCounts } from './ngrams.ts'

export interface ConstantCaption {
  readonly caption: Tokens
  /** Mean CIDEr-D over the images. */
  readonly score: number
}

/** The best of `candidates` (the distinct training captions, say) as the caption of every image; of equals the first. Throws without candidates. */
export function bestConstantCaption(
  candidates: readonly Tokens[],
  references: References,
  given?: DocumentFrequency,
): ConstantCaption {
  const counter = ngramCounter()
  const documents = Object.values(references).map((its) => its.map(counter.count))
  const distinct = [...new Map(candidates.map((tokens) => [tokens.join(' '), tokens])).values()]
  const counted = distinct.map(counter.count)
  const weights = inverseDocumentFrequency(counter, documents, given)
  const meanScore = constantScorer(counter, documents, weights)
  let best: ConstantCaption | undefined
  counted.forEach((counts, i) => {
    const score = meanScore(counts)
    if (!best || score > best.score) best = { caption: distinct[i]!, score }
  })
  if (!best) throw new Error('constant-caption: no candidates')
  return best
}

function constantScorer(counter: NgramCounter, documents: readonly (readonly NgramCounts[])[], weights: Float64Array) {
  const ids = counter.ids()
  const counts = counter.counts()
  const references = documents.flat()
  const share = Float64Array.from(documents.flatMap((its) => its.map(() => 10 / (longestNgram * its.length * documents.length))))
  const norms = references.map((reference) => norm(reference))
  const index = referencesByNgram(references, ids, counts, weights)
  const products = new Float64Array(references.length)
  const lengths = Int32Array.from(references, bigrams)
  const penalties: number[] = [] // by difference of lengths

  function norm({ ends }: NgramCounts): number[] {
    return Array.from({ length: longestNgram }, (_, n) => {
      let squares = 0
      for (let i = ends[n]!; i < ends[n + 1]!; i++) squares += (counts[i]! * weights[ids[i]!]!) ** 2
      return Math.sqrt(squares)
    })
  }

  /** Adds the clipped products of the candidate's n-gram at `i` with every reference that holds it. */
  function addProducts(i: number): void {
    const id = ids[i]!
    const ours = counts[i]! * weights[id]!
    for (let at = index.starts[id]!; at < index.starts[id + 1]!; at++) {
      const theirs = index.values[at]!
      products[index.references[at]!]! += Math.min(ours, theirs) * theirs
    }
  }

  return (candidate: NgramCounts): number => {
    const ours = norm(candidate)
    const length = bigrams(candidate)
    let score = 0
    for (let n = 0; n < longestNgram; n++) {
      products.fill(0)
      for (let i = candidate.ends[n]!; i < candidate.ends[n + 1]!; i++) addProducts(i)
      for (let r = 0; r < products.length; r++) {
        if (products[r] === 0) continue
        const difference = Math.abs(length - lengths[r]!)
        penalties[difference] ??= lengthPenalty(difference, 0)
        score += (products[r]! / (ours[n]! * norms[r]![n]!)) * penalties[difference] * share[r]!
      }
    }
    return score
  }
}

/** For each n-gram the references that hold it with their tf-idf values: those of `id` are at `starts[id]` up to `starts[id + 1]`. */
function referencesByNgram(captions: readonly NgramCounts[], ids: Int32Array, counts: Int32Array, weights: Float64Array) {
  const starts = new Int32Array(weights.length + 1)
  const each = (visit: (i: number, caption: number) => void) => {
    captions.forEach(({ ends }, caption) => {
      for (let i = ends[0]!; i < ends[longestNgram]!; i++) visit(i, caption)
    })
  }
  each((i) => starts[ids[i]! + 1]!++)
  for (let id = 0; id < weights.length; id++) starts[id + 1]! += starts[id]!
  const next = starts.slice()
  const references = new Int32Array(starts.at(-1)!)
  const values = new Float64Array(references.length)
  each((i, caption) => {
    const at = next[ids[i]!]!++
    references[at] = caption
    values[at] = counts[i]! * weights[ids[i]!]!
  })
  return { starts, references, values }
}
