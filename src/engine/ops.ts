// The closed op set: everything that model code may call. Each op has a value and a gradient on every engine, held by
// tests/unit/engine/ops.test.ts; what tfjs gets wrong somewhere (einsum, gatherND, broadcast batch matMul, ...) is not here.
import * as tf from '@tensorflow/tfjs'

export type Tensor = tf.Tensor

export {
  abs,
  add,
  argMax,
  cast,
  concat,
  div,
  equal,
  exp,
  expandDims,
  gather,
  greater,
  greaterEqual,
  less,
  log,
  logicalAnd,
  logicalNot,
  logSoftmax,
  matMul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  oneHot,
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
} from '@tensorflow/tfjs'

export interface ValueAndGradients {
  readonly value: Tensor
  readonly gradients: Readonly<Record<string, Tensor>>
}

/** The value of the scalar `loss` and its gradient with respect to each of `parameters`, which it must have been computed from. */
export function valueAndGradients(loss: () => Tensor, parameters: Readonly<Record<string, Tensor>>): ValueAndGradients {
  const names = Object.keys(parameters)
  const { value, grads } = tf.valueAndGrads(() => loss() as tf.Scalar)(names.map((name) => parameters[name] as Tensor))
  return { value, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor])) }
}
