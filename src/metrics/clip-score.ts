// CLIPScore and RefCLIPScore (Hessel et al. 2021) from embeddings. The course's evaluator gives the caption to CLIP as it is; the paper puts
// "A photo depicts" before it, which changes the score by several points: say which was used wherever a score is shown.
import { roundToHalf } from './half.ts'

/** What the paper's CLIPScore puts before each caption and each reference; the course's variant puts nothing. */
export const paperPrompt = 'A photo depicts '

/** `fp16`: as the course's evaluator computes on a GPU, where CLIP's weights are halves; `fp32`: as on a CPU. */
export type ScorePrecision = 'fp32' | 'fp16'

type Vector = ArrayLike<number>

const weight = 2.5

/** 2.5 x max(cos, 0) of one image's and one caption's embedding, not normalised beforehand; a zero vector scores 0. */
export function clipScore(image: Vector, text: Vector, precision: ScorePrecision = 'fp32'): number {
  return weight * Math.max(cosine(image, text, precision), 0)
}

/**
 * Harmonic mean of `clipScore` (2.5 included) and the caption's best cosine with a reference (2.5 not included, as the paper's program).
 * All text embeddings carry the paper's prompt there.
 */
export function refClipScore(
  score: number,
  text: Vector,
  references: readonly Vector[],
  precision: ScorePrecision = 'fp32',
): number {
  if (references.length === 0) throw new Error('clip-score: no references')
  const best = Math.max(...references.map((reference) => cosine(text, reference, precision)))
  return score + best > 0 ? (2 * score * best) / (score + best) : 0
}

function cosine(a: Vector, b: Vector, precision: ScorePrecision): number {
  if (a.length !== b.length) throw new Error(`clip-score: embeddings of ${a.length} and ${b.length} values`)
  return precision === 'fp16' ? halfCosine(a, b) : dot(a, b) / Math.max(norm(a) * norm(b), 1e-8)
}

/** PyTorch's order of roundings: norms, quotients and products are halves each, sums are kept in float32 until their end. */
function halfCosine(a: Vector, b: Vector): number {
  const [halfA, halfB] = [a, b].map((vector) => Float64Array.from(vector, roundToHalf)) as [Float64Array, Float64Array]
  const normA = roundToHalf(norm(halfA))
  const normB = roundToHalf(norm(halfB))
  if (normA === 0 || normB === 0) return 0
  let sum = 0
  for (let i = 0; i < halfA.length; i++) sum += roundToHalf(roundToHalf(halfA[i]! / normA) * roundToHalf(halfB[i]! / normB))
  return roundToHalf(sum)
}

function dot(a: Vector, b: Vector): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function norm(a: Vector): number {
  return Math.sqrt(dot(a, a))
}
