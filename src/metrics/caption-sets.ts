// What every caption metric takes: tokenised captions by image (the file's stem), one hypothesis and one or more references each.

/** The words of one caption, as `ptbTokenize` gives them. */
export type Tokens = readonly string[]

/** One caption for each image. */
export type Hypotheses = Readonly<Record<string, Tokens>>

/** The human captions of each image, at least one. */
export type References = Readonly<Record<string, readonly Tokens[]>>

/** A corpus score with the score of each image, by stem. */
export interface Scores {
  readonly score: number
  readonly perImage: Readonly<Record<string, number>>
}

interface CaptionPair {
  readonly image: string
  readonly hypothesis: Tokens
  readonly references: readonly Tokens[]
}

/** Hypothesis and references of each image, in the references' order; throws unless both name the same images. */
export function pairs(hypotheses: Hypotheses, references: References): CaptionPair[] {
  const images = Object.keys(references)
  if (images.length === 0) throw new Error('metrics: no images to score')
  if (Object.keys(hypotheses).length !== images.length)
    throw new Error('metrics: hypotheses and references name different images')
  return images.map((image) => {
    const hypothesis = Object.hasOwn(hypotheses, image) ? hypotheses[image] : undefined
    const its = references[image]
    if (hypothesis === undefined) throw new Error(`metrics: ${image} has references but no hypothesis`)
    if (its === undefined || its.length === 0) throw new Error(`metrics: ${image} has no references`)
    return { image, hypothesis, references: its }
  })
}

/** The arithmetic mean of the images' scores beside the scores by stem. */
export function scoresOf(images: readonly string[], scores: readonly number[]): Scores {
  return { score: mean(scores), perImage: Object.fromEntries(images.map((image, i) => [image, scores[i]!])) }
}

/** The arithmetic mean; NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
