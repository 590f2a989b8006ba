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

/** One-hot rows, mixed with the uniform distribution. -100 would index from the end on some engines: it becomes 0, and its row has weight 0. */
function wantedDistribution(targets: Tensor, vocabulary: number, labelSmoothing: number): Tensor {
  const indices = ops.maximum(targets, ops.scalar(0, 'int32'))
  const uniform = labelSmoothing / vocabulary
  return ops.oneHot(indices, vocabulary, 1 - labelSmoothing + uniform, uniform, 'float32')
}

const weightedCrossEntropy: (logits: Tensor, wanted: Tensor, weight: Tensor) => Tensor = (logits, wanted, weight) =>
  ops.customGrad((x, save) => {
    const input = x as Tensor
    const logProbabilities = ops.logSoftmax(input) // (R, V)
    const perRow = ops.sum(ops.mul(logProbabilities, wanted), -1, true) // (R, 1)
    const keep = save as (tensors: Tensor[]) => void
    keep([logProbabilities, wanted, weight])
    return {
      value: ops.neg(ops.sum(ops.mul(perRow, weight))),
      gradFunc: (upstream: Tensor, saved: Tensor[]) => {
        const [logP, q, w] = saved as [Tensor, Tensor, Tensor]
        return ops.mul(ops.sub(ops.exp(logP), q), ops.mul(w, upstream))
      },
    }
  })(logits)
