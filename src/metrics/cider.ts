// CIDEr (Vedantam et al. 2015) as the COCO toolkit computes it, which is CIDEr-D: clipped counts and a Gaussian on the difference of
// lengths; and the original, without either. The score depends on its corpus: idf comes from the scored images' own references
// unless a table of document frequencies is given.
import { scoresOf, type Hypotheses, type References, type Scores } from './caption-sets.ts'
import { countCaptions, longestNgram, ngramCounter, type CountedCaptions, type NgramCounter, type NgramCounts } from './ngrams.ts'

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

/** CIDEr of the corpus (10 is the scale's top) and of each image, in float64 as the toolkit. One image alone scores 0: every idf is 0. */
export function cider(hypotheses: Hypotheses, references: References, options?: CiderOptions): Scores {
  return ciderOf(countCaptions(hypotheses, references), options)
}

/** `cider` of captions whose n-grams are counted already. */
export function ciderOf({ images, counter, ours, theirs }: CountedCaptions, options: CiderOptions = {}): Scores {
  const weights = inverseDocumentFrequency(counter, theirs, options.documentFrequency)
  const similarity = similarityOf(counter, weights, options.variant !== 'cider')
  return scoresOf(
    images,
    theirs.map((its, image) => {
      let sum = 0
      for (const reference of its) sum += similarity(ours[image]!, reference)
      return (sum / its.length) * 10
    }),
  )
}

/** How often each n-gram of `references` occurs, counted in images: `CiderOptions.documentFrequency` for scoring other sets. */
export function documentFrequency(references: References): DocumentFrequency {
  const counter = ngramCounter()
  const documents = Object.values(references).map((its) => its.map(counter.count))
  const occurrences = occurrencesOf(counter, documents)
  return { images: documents.length, occurrences: Object.fromEntries(Array.from(occurrences, (n, id) => [counter.text(id), n])) }
}

/** How many documents hold each n-gram, by id. */
function occurrencesOf(counter: NgramCounter, documents: readonly (readonly NgramCounts[])[]): Int32Array {
  const occurrences = new Int32Array(counter.size())
  const lastSeen = new Int32Array(counter.size()).fill(-1)
  const ids = counter.ids()
  documents.forEach((captions, document) => {
    for (const { ends } of captions) {
      for (let i = ends[0]!; i < ends[longestNgram]!; i++) {
        const id = ids[i]!
        if (lastSeen[id] === document) continue
        lastSeen[id] = document
        occurrences[id]!++
      }
    }
  })
  return occurrences
}

/** ln N - ln max(1, df) of every n-gram counted so far, by id; from the given table, or else from `documents`. */
export function inverseDocumentFrequency(
  counter: NgramCounter,
  documents: readonly (readonly NgramCounts[])[],
  given?: DocumentFrequency,
): Float64Array {
  const weights = new Float64Array(counter.size())
  const images = Math.log(given?.images ?? documents.length)
  const known = given && new Map(Object.entries(given.occurrences))
  const occurrences = known ? undefined : occurrencesOf(counter, documents)
  for (let id = 0; id < weights.length; id++) {
    const times = occurrences ? occurrences[id]! : (known?.get(counter.text(id)) ?? 0)
    weights[id] = images - Math.log(Math.max(1, times))
  }
  return weights
}

const sigma = 6

/** The penalty for a hypothesis of another length; the toolkit takes the number of bigrams for the length. */
export function lengthPenalty(ours: number, theirs: number): number {
  return Math.exp(-((ours - theirs) ** 2) / (2 * sigma ** 2))
}

/** Number of bigrams. */
export function bigrams({ words }: NgramCounts): number {
  return Math.max(0, words - 1)
}

/** Mean over n of the (clipped) cosine between two captions' tf-idf vectors of n-grams. */
function similarityOf(counter: NgramCounter, weights: Float64Array, clipped: boolean) {
  const ids = counter.ids()
  const counts = counter.counts()
  const scratch = new Float64Array(counter.size()) // the reference's vector; all zeros between calls

  function ordersSimilarity(n: number, ours: NgramCounts, theirs: NgramCounts): number {
    let theirSquares = 0
    for (let i = theirs.ends[n - 1]!; i < theirs.ends[n]!; i++) {
      const value = counts[i]! * weights[ids[i]!]!
      scratch[ids[i]!] = value
      theirSquares += value * value
    }
    let ourSquares = 0
    let product = 0
    for (let i = ours.ends[n - 1]!; i < ours.ends[n]!; i++) {
      const value = counts[i]! * weights[ids[i]!]!
      const reference = scratch[ids[i]!]!
      ourSquares += value * value
      product += (clipped ? Math.min(value, reference) : value) * reference
    }
    for (let i = theirs.ends[n - 1]!; i < theirs.ends[n]!; i++) scratch[ids[i]!] = 0
    const norms = Math.sqrt(ourSquares) * Math.sqrt(theirSquares)
    return norms === 0 ? product : product / norms
  }

  return (ours: NgramCounts, theirs: NgramCounts): number => {
    let sum = 0
    for (let n = 1; n <= longestNgram; n++) sum += ordersSimilarity(n, ours, theirs)
    return (sum / longestNgram) * (clipped ? lengthPenalty(bigrams(ours), bigrams(theirs)) : 1)
  }
}
