// Scaled dot-product attention over heads, and the masks that say who sees whom.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'

export interface KeysValues {
  /** (B, H, S, D) */
  readonly keys: Tensor
  /** (B, H, S, D) */
  readonly values: Tensor
}

/** (B, T, H*D) -> (B, H, T, D) */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [b, t, width] = x.shape as [number, number, number]
  return ops.transpose(ops.reshape(x, [b, t, heads, width / heads]), [0, 2, 1, 3])
}

/** (B, H, T, D) -> (B, T, H*D) */
export function mergeHeads(x: Tensor): Tensor {
  const [b, heads, t, width] = x.shape as [number, number, number, number]
  return ops.reshape(ops.transpose(x, [0, 2, 1, 3]), [b, t, heads * width])
}

/** What queries (B, H, T, D) gather from keys and values; `mask`, (T, S) or (B, 1, T, S), is added to the scores. Gives (B, H, T, D). */
export function attend(queries: Tensor, { keys, values }: KeysValues, mask?: Tensor): Tensor {
  return ops.matMul(attentionWeights(queries, keys, mask), values) // (B, H, T, D)
}

/** How much each query (B, H, T, D) takes from each key (B, H, S, D): (B, H, T, S), each row with the sum 1. */
export function attentionWeights(queries: Tensor, keys: Tensor, mask?: Tensor): Tensor {
  const scaled = ops.mul(queries, 1 / Math.sqrt(queries.shape[3]!)) // (B, H, T, D), smaller than the scores
  const scores = ops.matMul(scaled, keys, false, true) // (B, H, T, S)
  return ops.softmax(mask === undefined ? scores : ops.add(scores, mask)) // (B, H, T, S)
}

/**
 * What each query (B, H, T, D) gathers from its own key and value (B, H, T, D) and from what is remembered (B, H, S, D), as far as `mask`,
 * (B, 1, T, S), lets it see that. The remembered are not joined with the own: they are many, and joining would copy them.
 */
export function attendOwn(queries: Tensor, own: KeysValues, { keys, values }: KeysValues, mask: Tensor): Tensor {
  const scaled = ops.mul(queries, 1 / Math.sqrt(queries.shape[3]!)) // (B, H, T, D)
  const remembered = ops.add(ops.matMul(scaled, keys, false, true), mask) // (B, H, T, S)
  const itself = ops.sum(ops.mul(scaled, own.keys), -1, true) // (B, H, T, 1)
  const weights = ops.softmax(ops.concat([remembered, itself], 3)) // (B, H, T, S + 1)
  const [ofRemembered, ofItself] = ops.split(weights, [keys.shape[2]!, 1], 3)
  return ops.add(ops.matMul(ofRemembered!, values), ops.mul(ofItself!, own.values)) // (B, H, T, D)
}

const unseen = -1e9

/**
 * The mask (T, past + T) of a text of T positions behind `past` slots: 0 where seen, a large negative number elsewhere. Every position
 * sees all past slots, itself and the text before it: these are the last T rows of the causal triangle of past + T, never the first.
 */
export function causalMask(length: number, past = 0): Tensor {
  const slots = past + length
  const values = Float32Array.from({ length: length * slots }, (_, i) => (i % slots <= past + Math.floor(i / slots) ? 0 : unseen))
  return ops.reshape(values, [length, slots])
}

/**
 * The mask (L, 1, T, past + T) of lines in which texts stand one after another. Every position sees all past slots, and of its line what
 * is from `starts` (L, T), where its text begins, to itself.
 */
export function lineMask(starts: Tensor, past = 0): Tensor {
  const [lines, length] = starts.shape as [number, number]
  const begun = ops.greaterEqual(countTo(length), ops.expandDims(starts, 2)) // (L, T, T)
  const own = ops.add(maskOf(begun), causalMask(length)) // (L, T, T)
  const whole = past === 0 ? own : ops.concat([ops.zeros([lines, length, past]), own], 2) // (L, T, past + T)
  return ops.expandDims(whole, 1)
}

/** The mask that goes with `seen`, truths or whole numbers of any shape: 0 where they are 1, a large negative number where they are 0. */
export function maskOf(seen: Tensor): Tensor {
  return ops.mul(ops.sub(1, ops.cast(seen, 'float32')), unseen)
}

/** 0, 1, ..., n - 1 as whole numbers (n). */
export function countTo(n: number): Tensor {
  return ops.cast([...Array(n).keys()], 'int32')
}
