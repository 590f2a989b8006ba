// Functions with a gradient of our own, where tfjs's would take many more operations. What the gradient needs goes through `save`:
// an eager engine disposes of everything else before the gradient is computed.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'

export interface Kept {
  readonly value: Tensor
  /** What `backward` needs; the value itself may be among it. */
  readonly saved: readonly Tensor[]
}

/** A function of one tensor: `forward` computes it, `backward` maps the gradient of its value to the gradient of its argument. */
export function ownGradient(
  forward: (x: Tensor) => Kept,
  backward: (dy: Tensor, ...saved: Tensor[]) => Tensor,
): (x: Tensor) => Tensor {
  const computed = ops.customGrad((...given) => {
    const [x, save] = given as [Tensor, (tensors: Tensor[]) => void]
    const { value, saved } = forward(x)
    save([...saved])
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => backward(dy, ...kept) }
  })
  return (x) => computed(x)
}
