// The closed op set: everything that model code may call. Each op has a value and a gradient on every engine, held by
// tests/unit/engine/ops.test.ts (decoding's `scatter` and `topk` have the value alone); what tfjs gets wrong somewhere (einsum, gatherND,
// broadcast batch matMul, ...) is not here.
import { broadcastShape, sameShape } from './graph.ts'
import { tf } from './tfjs.ts'
import type { GradFunc, GradSaveFunc, Scalar, Tensor } from './tfjs.ts'

export type { Tensor } from './tfjs.ts'

export const {
  abs,
  add,
  argMax,
  cast,
  concat,
  div,
  equal,
  erf,
  exp,
  expandDims,
  greater,
  greaterEqual,
  less,
  log,
  logicalAnd,
  logicalNot,
  logSoftmax,
  max,
  mean,
  mul,
  neg,
  ones,
  pad,
  pow,
  relu,
  reshape,
  rsqrt,
  scalar,
  sigmoid,
  slice,
  softmax,
  split,
  sqrt,
  square,
  stack,
  sub,
  sum,
  tanh,
  tile,
  transpose,
  unstack,
  where,
  zeros,
  customGrad,
} = tf

/**
 * The matrix product over the last two axes, either factor transposed if asked. The axes before must be the same: tfjs computes wrong
 * gradients where they broadcast, so this throws; reshape (B, T, C) to (B T, C) before a product with one matrix.
 */
export function matMul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  if (!sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2)))
    throw new Error(
      `matMul: the leading axes of [${a.shape.join(', ')}] and [${b.shape.join(', ')}] differ; reshape them to be the same`,
    )
  return tf.matMul(a, b, transposeA, transposeB)
}

/** The larger of `a` and `b`, value by value. Broadcast first, because tfjs's gradient forgets to. */
export function maximum(a: Tensor | number, b: Tensor | number): Tensor {
  return tf.maximum(...broadcast(a, b))
}

/** The smaller of `a` and `b`, value by value. */
export function minimum(a: Tensor | number, b: Tensor | number): Tensor {
  return tf.minimum(...broadcast(a, b))
}

function broadcast(a: Tensor | number, b: Tensor | number): [Tensor, Tensor] {
  const [left, right] = [typeof a === 'number' ? tf.scalar(a) : a, typeof b === 'number' ? tf.scalar(b) : b]
  const shape = broadcastShape([left.shape, right.shape])
  const widened = (x: Tensor) => (sameShape(x.shape, shape) ? x : tf.broadcastTo(x, shape))
  return [widened(left), widened(right)]
}

/** Rows of `offValue` with `onValue` at the place that each of `ids` names: (...) -> (..., depth). Ids outside of the row leave it empty. */
export function oneHot(ids: Tensor, depth: number, onValue = 1, offValue = 0, dtype: 'float32' | 'int32' = 'int32'): Tensor {
  if (dtype === 'int32') return tf.oneHot(ids, depth, onValue, offValue)
  // Whole numbers first: tfjs's wasm backend writes them into what it then calls floats.
  const chosen = tf.cast(tf.oneHot(ids, depth), 'float32')
  return onValue === 1 && offValue === 0 ? chosen : tf.add(tf.mul(chosen, onValue - offValue), offValue)
}

/**
 * The rows of `table` (R, ...) at whole numbers `ids` of any shape. The gradient for the table is a product with one-hot rows, which every
 * engine can compute; it costs R times the number of ids, so large tables should be frozen.
 */
export function gather(table: Tensor, ids: Tensor): Tensor {
  const [rows, ...row] = table.shape as [number, ...number[]]
  const width = table.size / rows
  const look = tf.customGrad((...given) => {
    const [from, at, save] = given as unknown as [Tensor, Tensor, GradSaveFunc]
    save([at])
    const gradient = (dy: Tensor, saved: Tensor[]) => {
      const flat = tf.reshape(saved[0]!, [-1])
      const wanted = oneHot(flat, rows, 1, 0, 'float32') // (ids, R)
      return [tf.reshape(tf.matMul(wanted, tf.reshape(dy, [flat.size, width]), true), [rows, ...row]), tf.zeros(saved[0]!.shape)]
    }
    return { value: tf.gather(from, at), gradFunc: gradient }
  })
  return look(table, ids)
}

/**
 * The rows of `x` (R, W) at whole numbers `there` (S): (S, W). `back` (R) is the way back: the gradient of row r is that of row back[r],
 * so that it costs as little. For rows that are moved, not summed; whoever calls answers for the two being each other's inverse wherever a
 * gradient is not zero.
 */
export function moveRows(x: Tensor, there: Tensor, back: Tensor): Tensor {
  const moved = tf.customGrad((...given) => {
    const [from, to, home, save] = given as unknown as [Tensor, Tensor, Tensor, GradSaveFunc]
    save([to, home])
    const gradient = (dy: Tensor, saved: Tensor[]) => {
      const [away, returning] = saved as [Tensor, Tensor]
      return [tf.gather(dy, returning), tf.zeros(away.shape), tf.zeros(returning.shape)]
    }
    return { value: tf.gather(from, to), gradFunc: gradient }
  })
  return moved(x, there, back)
}

/**
 * `table` (R, ...) with `rows` (n, ...) in the places that the whole numbers `ids` (n) name; an id may come twice with the same row
 * alone. No gradient. A new state that is the old one with rows scattered into it costs, on onnx, what the rows cost, not the table.
 */
export function scatter(table: Tensor, ids: Tensor, rows: Tensor): Tensor {
  return tf.tensorScatterUpdate(table, tf.expandDims(ids, 1), rows)
}

/** The `k` largest values along the last axis, the largest first and the lower index first among equals, and their indices. No gradient. */
export function topk(x: Tensor, k: number): { values: Tensor; indices: Tensor } {
  return tf.topk(x, k, true)
}

// Comparisons have no slope. tfjs knows that of a few and refuses gradients through the others, even where only a choice depends on them.
for (const [kernelName, inputs] of [
  ['Equal', ['a', 'b']],
  ['Greater', ['a', 'b']],
  ['Less', ['a', 'b']],
  ['LogicalAnd', ['a', 'b']],
  ['LogicalNot', ['x']],
] as const) {
  const flat = (x: Tensor) => () => tf.zeros(x.shape)
  const gradFunc: GradFunc = (_, saved) => Object.fromEntries(inputs.map((name, i) => [name, flat(saved[i]!)]))
  tf.registerGradient({ kernelName, inputsToSave: [...inputs], gradFunc })
}

export interface ValueAndGradients {
  readonly value: Tensor
  readonly gradients: Readonly<Record<string, Tensor>>
}

/** The value of the scalar `loss` and its gradient with respect to each of `parameters`, which it must have been computed from. */
export function valueAndGradients(loss: () => Tensor, parameters: Readonly<Record<string, Tensor>>): ValueAndGradients {
  const names = Object.keys(parameters)
  const { value, grads } = tf.valueAndGrads(() => loss() as Scalar)(names.map((name) => parameters[name] as Tensor))
  return { value, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor])) }
}
