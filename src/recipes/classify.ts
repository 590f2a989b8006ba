// Zero-shot classification: an image belongs to the class whose prompts its embedding is nearest to.
import type { ListedImage } from '../data/label-folder.ts'
import type { Engine } from '../engine/engine.ts'
import { encodeImages, type EncodeOptions } from './encode.ts'
import { openTextEncoder } from './text-encoder.ts'

export interface ZeroShot {
  readonly clip: { readonly weights: string; readonly vocabulary: string }
  /** In the order of their stems. */
  readonly images: readonly ListedImage[]
  /** Class names by number. */
  readonly classes: ReadonlyMap<number, string>
  /** `{}` stands for the class name. Several make an ensemble: the mean of their unit embeddings. */
  readonly templates: readonly string[]
}

/** For each image the cosine with each class, in the order of `classes`. */
export async function zeroShot(
  engine: Engine,
  { clip, images, classes, templates }: ZeroShot,
  options: EncodeOptions,
): Promise<Float64Array[]> {
  const features = await encodeImages(
    engine,
    { weights: clip.weights, kind: 'embedding', images, what: 'images to classify' },
    options,
  )
  const texts = await openTextEncoder(engine, clip)
  const prompts = await Promise.all(
    templates.map((template) => texts.embed([...classes.values()].map((name) => template.replaceAll('{}', name)))),
  )
  await texts.dispose()
  const centres = [...classes.keys()].map((_, c) => meanDirection(prompts.map((embeddings) => embeddings[c]!)))
  return images.map(({ stem }) => {
    const image = unit(features.rows([stem]))
    return Float64Array.from(centres, (centre) => dot(image, centre))
  })
}

/** The class numbers with the highest cosine. */
export function predictedClasses(scores: readonly Float64Array[], classes: ReadonlyMap<number, string>): number[] {
  const numbers = [...classes.keys()]
  return scores.map((cosines) => numbers[cosines.indexOf(Math.max(...cosines))]!)
}

function meanDirection(embeddings: readonly Float32Array[]): Float64Array {
  const sum = new Float64Array(embeddings[0]!.length)
  for (const embedding of embeddings) unit(embedding).forEach((value, i) => (sum[i]! += value))
  return unit(sum)
}

function unit(values: ArrayLike<number>): Float64Array {
  const vector = Float64Array.from(values)
  const length = Math.sqrt(dot(vector, vector))
  return vector.map((value) => value / length)
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}
