// Affine maps. Every weight is [inputs, outputs], as GPT-2 stores it; what other checkpoints store the other way round is transposed
// once when it is read (models/pretrained), so that no graph transposes a weight.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import type { Init, Scope } from './scope.ts'

export interface Linear {
  readonly inputs: number
  readonly outputs: number
  /** (..., inputs) -> (..., outputs) */
  readonly apply: (x: Tensor) => Tensor
}

export interface LinearOptions {
  /** How the weight starts; the bias starts at zero. */
  readonly init?: Init
  /** The parameters' names, where they are not `weight` and `bias`. */
  readonly names?: readonly [weight: string, bias: string]
}

/** x W + b with `weight` [inputs, outputs] and `bias` [outputs]. */
export function linear(scope: Scope, inputs: number, outputs: number, options: LinearOptions = {}): Linear {
  const [weightName, biasName] = options.names ?? ['weight', 'bias']
  const weight = scope.parameter(weightName, [inputs, outputs], options.init ?? { normal: 0.02 })
  const bias = scope.parameter(biasName, [outputs], 'zeros')
  return { inputs, outputs, apply: (x) => onRows(x, (rows) => ops.add(ops.matMul(rows, weight), bias)) }
}

/** Applies a function of (rows, inputs) to (..., inputs): a batched product with one weight would get a wrong gradient from tfjs. */
export function onRows(x: Tensor, apply: (rows: Tensor) => Tensor): Tensor {
  const leading = x.shape.slice(0, -1)
  const y = apply(ops.reshape(x, [-1, x.shape.at(-1)!])) // (N, outputs)
  return ops.reshape(y, [...leading, y.shape[1]!]) // (..., outputs)
}
