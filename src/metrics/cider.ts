// CIDEr (Vedantam et al. 2015) as the COCO toolkit computes it, which is CIDEr-D: clipped counts and a Gaussian on the difference of
// lengths; and the original, without either. The score depends on its corpus: idf comes from the scored images' own references
// unless a table of document frequencies is given.
import { mean, pairs, scoresOf, type Hypotheses, type References, type Scores, type Tokens } from './caption-sets.ts'
import { longestNgram, ngramCounter, type NgramCounter, type NgramCounts } from './ngrams.ts'

/** In how many images' references each n-gram occurs. */
export interface DocumentFrequency {
  readonly images: number
  /** By the n-gram's words joined by spaces. */
  readonly occurrences: Readonly<Record<string, number>>
}

export interface CiderOptions {
  /** `cider-d` (default) is what the toolkit, the course and papers report as CIDEr; `cider` is the original without clipping and length penalty. */
  readonly variant?: 'cider-d' | 'cider'
  /** Counted on another set, a training set say; by default counted on the references scored. */
  readonly documentFrequency?: DocumentFrequency
}

/** A caption as tf-idf vectors, one for each length of n-gram. */
interface Vectors {
  readonly ids: Int32Array
  readonly values: Float64Array
  readonly ends: readonly number[]
  readonly norms: readonly number[]
  /** The toolkit counts bigrams here, not words. */
  readonly length: number
}

const sigma = 6

/** CIDEr of the corpus (10 is the scale's top) and of each image, in float64 as the toolkit. One image alone scores 0: every idf is 0. */
export function cider(hypotheses: Hypotheses, references: References, options: CiderOptions = {}): Scores {
  const captions = pairs(hypotheses, references)
  const scorer = ciderScorer(
    captions.map((pair) => pair.references),
    options,
  )
  return scoresOf(
    captions,
    captions.map((pair, image) => scorer.score(pair.hypothesis, image)),
  )
}

/** How often each n-gram of `references` occurs, counted in images: `CiderOptions.documentFrequency` for scoring other sets. */
export function documentFrequency(references: References): DocumentFrequency {
  const counter = ngramCounter()
  const documents = Object.values(references).map((its) => its.map((tokens) => counter.count(tokens)))
  const occurrences = occurrencesOf(documents, counter.size())
  return { images: documents.length, occurrences: Object.fromEntries(Array.from(occurrences, (n, id) => [counter.text(id), n])) }
}

/** Scores any caption against image number `image` of a fixed corpus; corpus statistics are taken once. */
export function ciderScorer(documents: readonly (readonly Tokens[])[], options: CiderOptions = {}) {
  const counter = ngramCounter()
  const counted = documents.map((its) => its.map((tokens) => counter.count(tokens)))
  const weight = inverseDocumentFrequency(counter, counted, options.documentFrequency)
  const references = counted.map((its) => its.map((counts) => vectors(counts, weight)))
  const clipped = options.variant !== 'cider'
  let scratch = new Float64Array(0)

  function score(tokens: Tokens, image: number): number {
    const hypothesis = vectors(counter.count(tokens), weight)
    if (scratch.length < counter.size()) scratch = new Float64Array(2 * counter.size())
    return mean(references[image]!.map((reference) => similarity(hypothesis, reference, scratch, clipped))) * 10
  }

  return { score }
}

/** How many documents hold each n-gram, by id. */
function occurrencesOf(documents: readonly (readonly NgramCounts[])[], size: number): Int32Array {
  const occurrences = new Int32Array(size)
  const lastSeen = new Int32Array(size).fill(-1)
  documents.forEach((captions, document) => {
    for (const { ids } of captions) {
      for (const id of ids) {
        if (lastSeen[id] === document) continue
        lastSeen[id] = document
        occurrences[id]!++
      }
    }
  })
  return occurrences
}

/** ln N - ln max(1, df) of an n-gram by its id; ids first met later have df 0 unless the given table knows them. */
function inverseDocumentFrequency(
  counter: NgramCounter,
  documents: readonly (readonly NgramCounts[])[],
  given: DocumentFrequency | undefined,
): (id: number) => number {
  const images = Math.log(given?.images ?? documents.length)
  if (given) {
    const known = new Map(Object.entries(given.occurrences))
    const weights: number[] = []
    return (id) => (weights[id] ??= images - Math.log(Math.max(1, known.get(counter.text(id)) ?? 0)))
  }
  const weights = Float64Array.from(occurrencesOf(documents, counter.size()), (n) => images - Math.log(n))
  return (id) => weights[id] ?? images
}

function vectors(counts: NgramCounts, weight: (id: number) => number): Vectors {
  const { ids, ends } = counts
  const values = new Float64Array(ids.length)
  const norms: number[] = []
  let length = 0
  for (let n = 1; n <= longestNgram; n++) {
    let squares = 0
    for (let i = ends[n - 1]!; i < ends[n]!; i++) {
      const value = counts.counts[i]! * weight(ids[i]!)
      values[i] = value
      squares += value * value
      if (n === 2) length += counts.counts[i]!
    }
    norms.push(Math.sqrt(squares))
  }
  return { ids, values, ends, norms, length }
}

/** Mean over n of the (clipped) cosine between hypothesis and reference. `scratch` is all zeros before and after. */
function similarity(hypothesis: Vectors, reference: Vectors, scratch: Float64Array, clipped: boolean): number {
  reference.ids.forEach((id, i) => (scratch[id] = reference.values[i]!))
  let sum = 0
  for (let n = 1; n <= longestNgram; n++) {
    let product = 0
    for (let i = hypothesis.ends[n - 1]!; i < hypothesis.ends[n]!; i++) {
      const ours = hypothesis.values[i]!
      const theirs = scratch[hypothesis.ids[i]!]!
      product += (clipped ? Math.min(ours, theirs) : ours) * theirs
    }
    const norms = hypothesis.norms[n - 1]! * reference.norms[n - 1]!
    sum += norms === 0 ? product : product / norms
  }
  for (const id of reference.ids) scratch[id] = 0
  const difference = hypothesis.length - reference.length
  return (sum / longestNgram) * (clipped ? Math.exp(-(difference ** 2) / (2 * sigma ** 2)) : 1)
}
