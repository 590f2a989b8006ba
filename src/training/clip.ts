// Clipping by global norm, as torch.nn.utils.clip_grad_norm_ does it.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'

/** The Euclidean norm of all gradients taken as one vector; a scalar. */
export function globalNorm(gradients: readonly Tensor[]): Tensor {
  const squares = gradients.map((gradient) => ops.sum(ops.square(gradient)))
  return ops.sqrt(ops.sum(ops.stack(squares)))
}

/** What gradients are multiplied with so that their norm is at most `limit`: min(1, limit / (norm + 1e-6)); a scalar. */
export function clipScale(norm: Tensor, limit: number): Tensor {
  return ops.minimum(ops.scalar(1), ops.div(ops.scalar(limit), ops.add(norm, ops.scalar(1e-6))))
}
