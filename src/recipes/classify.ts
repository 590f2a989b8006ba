// Zero-shot classification: an image belongs to the class whose prompts its embedding is nearest to. The grading script runs this, on a
// machine without a database: nothing here may load tracking.
import type { ListedImage } from '../data/label-folder.ts'
import type { Engine } from '../engine/engine.ts'
import { encodeImages, type EncodeOptions } from './encode.ts'
import { openTextEncoder } from './text-encoder.ts'

export interface Prompts {
  readonly clip: { readonly weights: string; readonly vocabulary: string }
  /** Class names by number. */
  readonly classes: ReadonlyMap<number, string>
  /** `{object}` or `{}` stands for the class name. Several make an ensemble: the mean of their unit embeddings. */
  readonly templates: readonly string[]
}

export interface ZeroShot extends Prompts {
  /** In the order of their stems. */
  readonly images: readonly ListedImage[]
}

export interface Classifier {
  /**
   * For an image's embedding, as CLIP gives it, the logit of each class in the order of `classes`: the cosine times the model's scale,
   * 100 in the published ones.
   */
  logits(embedding: ArrayLike<number>): Float64Array
}

export interface RankedClass {
  readonly label: number
  readonly name: string
  /** Softmax over all classes. */
  readonly probability: number
}

/** The classifier that the prompts make of a CLIP. UserError where the model's files are missing, damaged or do not fit. */
export async function openClassifier(engine: Engine, { clip, classes, templates }: Prompts): Promise<Classifier> {
  const texts = await openTextEncoder(engine, clip)
  const names = [...classes.values()]
  const embeddings = await texts.embed(names.flatMap((name) => templates.map((template) => promptFor(template, name))))
  await texts.dispose()
  const promptsOf = (c: number) => embeddings.slice(c * templates.length, (c + 1) * templates.length)
  const centres = names.map((_, c) => unit(promptsOf(c).map(unit).reduce(added)))
  return {
    logits(embedding) {
      const image = unit(embedding)
      return Float64Array.from(centres, (centre) => texts.scale * dot(image, centre))
    },
  }
}

/** For each image the logits of the classes, in the order of `classes`. Embeddings come from the feature cache or go there. */
export async function zeroShot(
  engine: Engine,
  { images, ...prompts }: ZeroShot,
  options: EncodeOptions,
): Promise<Float64Array[]> {
  const { weights } = prompts.clip
  const features = await encodeImages(engine, { weights, kind: 'embedding', images, what: 'images to classify' }, options)
  const classifier = await openClassifier(engine, prompts)
  return images.map(({ stem }) => classifier.logits(features.rows([stem])))
}

/** The `count` most probable classes of an image, the most probable first; of equals the lower number. */
export function topClasses(logits: Float64Array, classes: ReadonlyMap<number, string>, count: number): RankedClass[] {
  const highest = Math.max(...logits)
  const weights = logits.map((logit) => Math.exp(logit - highest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return [...classes]
    .map(([label, name], i) => ({ label, name, probability: weights[i]! / total }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count)
}

/** The class numbers with the highest logit. */
export function predictedClasses(logits: readonly Float64Array[], classes: ReadonlyMap<number, string>): number[] {
  return logits.map((its) => topClasses(its, classes, 1)[0]!.label)
}

/** A template about one class: `This is a photo of {object}` -> `This is a photo of bicycle`. */
function promptFor(template: string, name: string): string {
  return template.replaceAll(/\{(object)?\}/g, () => name)
}

function added(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!)
}

function unit(values: ArrayLike<number>): Float64Array {
  const vector = Float64Array.from(values)
  const length = Math.sqrt(dot(vector, vector))
  return vector.map((value) => value / length)
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}
