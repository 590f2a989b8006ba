// The caption loss: inputs [start, w1..wN, end, pad...], targets [w1..wN, end, -100...], mean cross-entropy over the targets that are
// not -100. Padding is told by position, never by token id, because GPT-2 pads with its end token.
import { ints } from '../base/nd-array.ts'
import type { IntArray } from '../base/nd-array.ts'
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'

/** The target of a position that does not count, as in PyTorch. */
export const ignored = -100

export interface CaptionTokens {
  readonly start: number
  readonly end: number
  readonly pad: number
  /** Tokens in a row of the batch (K). */
  readonly length: number
}

/**
 * Input ids and targets (B, K) of captions given as token ids without start and end. A caption whose input would be longer than K is
 * cut: its target then ends in a word, and nothing claims that the caption ended there.
 */
export function captionBatch(
  captions: readonly (readonly number[])[],
  { start, end, pad, length }: CaptionTokens,
): { inputs: IntArray; targets: IntArray } {
  const inputs = new Int32Array(captions.length * length).fill(pad)
  const targets = new Int32Array(captions.length * length).fill(ignored)
  captions.forEach((words, row) => {
    inputs.set([start, ...words, end].slice(0, length), row * length)
    targets.set([...words, end].slice(0, length), row * length)
  })
  const shape = [captions.length, length]
  return { inputs: ints(shape, inputs), targets: ints(shape, targets) }
}

/**
 * Mean cross-entropy of logits (..., V) with targets (...) over the targets that are not negative, equal to PyTorch's
 * `F.cross_entropy(ignore_index=-100, label_smoothing)`, except that a batch of ignored targets alone gives 0 and not NaN.
 * The gradient is written out: (softmax - wanted) / count, with no way back through the softmax.
 */
export function captionLoss(logits: Tensor, targets: Tensor, labelSmoothing = 0): Tensor {
  const vocabulary = logits.shape.at(-1) ?? 1
  const rows = logits.size / vocabulary
  const flatTargets = ops.reshape(targets, [rows])
  const counts = ops.cast(ops.greaterEqual(flatTargets, ops.scalar(0, 'int32')), 'float32') // (R)
  const weight = ops.reshape(ops.div(counts, ops.maximum(ops.sum(counts), ops.scalar(1))), [rows, 1]) // (R, 1)
  const wanted = wantedDistribution(flatTargets, vocabulary, labelSmoothing) // (R, V)
  return weightedCrossEntropy(ops.reshape(logits, [rows, vocabulary]), wanted, weight)
}

/**
 * One-hot rows, mixed with the uniform distribution. -100 becomes 0, so that no engine counts it from the end, and its row has weight 0.
 * The wasm backend writes whole numbers whatever type is asked of oneHot, hence the cast; the recorder sees through it.
 */
function wantedDistribution(targets: Tensor, vocabulary: number, labelSmoothing: number): Tensor {
  const indices = ops.maximum(targets, ops.scalar(0, 'int32'))
  const certain = ops.cast(ops.oneHot(indices, vocabulary), 'float32')
  if (labelSmoothing === 0) return certain
  return ops.add(ops.mul(certain, ops.scalar(1 - labelSmoothing)), ops.scalar(labelSmoothing / vocabulary))
}

/**
 * sum of weight (logsumexp(x) - wanted . x) over the rows, in as few passes over (R, V) as the ops allow: at GPT-2's vocabulary each pass
 * costs as much as a layer. The logarithm of the sum comes from the largest probability, which is at least 1 / V.
 */
function weightedCrossEntropy(logits: Tensor, wanted: Tensor, weight: Tensor): Tensor {
  const [rows, vocabulary] = wanted.shape as [number, number]
  const lossOf = ops.customGrad((...given) => {
    const [x, save] = given as unknown as [Tensor, (kept: Tensor[]) => void]
    const probabilities = ops.softmax(x) // (R, V)
    save([probabilities, wanted, weight])
    const logSum = ops.sub(ops.max(x, 1, true), ops.log(ops.max(probabilities, 1, true))) // (R, 1)
    const hit = ops.matMul(ops.reshape(x, [rows, 1, vocabulary]), ops.reshape(wanted, [rows, vocabulary, 1])) // (R, 1, 1)
    const value = ops.sum(ops.mul(ops.sub(logSum, ops.reshape(hit, [rows, 1])), weight))
    return { value, gradFunc: crossEntropyGradient }
  })
  return lossOf(logits)
}

function crossEntropyGradient(upstream: Tensor, saved: Tensor[]): Tensor {
  const [probabilities, wanted, weight] = saved as [Tensor, Tensor, Tensor]
  return ops.mul(ops.sub(probabilities, wanted), ops.mul(weight, upstream))
}
