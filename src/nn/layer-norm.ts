import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { ownGradient } from './own-gradient.ts'
import type { Scope } from './scope.ts'

/** (..., width) -> (..., width) */
export type LayerNorm = (x: Tensor) => Tensor

/** Layer normalisation over the last axis with `weight` and `bias` [width]; `epsilon` is added to the variance. */
export function layerNorm(scope: Scope, width: number, epsilon = 1e-5): LayerNorm {
  const weight = scope.parameter('weight', [width], 'ones')
  const bias = scope.parameter('bias', [width], 'zeros')
  const normalise = standardise(epsilon)
  return (x) => ops.add(ops.mul(normalise(x), weight), bias)
}

// The scale and shift stay outside, so that a frozen layer computes no gradient for them.
function standardise(epsilon: number): (x: Tensor) => Tensor {
  return ownGradient(
    (x) => {
      const centred = ops.sub(x, ops.mean(x, -1, true))
      const inverse = ops.rsqrt(ops.add(ops.mean(ops.square(centred), -1, true), epsilon)) // (..., 1)
      const value = ops.mul(centred, inverse)
      return { value, saved: [value, inverse] }
    },
    (dy, y, inverse) => {
      const along = ops.mul(y, ops.mean(ops.mul(dy, y), -1, true))
      return ops.mul(ops.sub(ops.sub(dy, ops.mean(dy, -1, true)), along), inverse)
    },
  )
}
