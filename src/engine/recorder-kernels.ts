// tfjs kernels as graph nodes: one line or one short function each, for every kernel that ops and their gradients reach.
import { elementwiseKernels } from './kernels-elementwise.ts'
import { movementKernels } from './kernels-movement.ts'
import { productKernels } from './kernels-product.ts'
import { reductionKernels } from './kernels-reduction.ts'
import type { Kernel } from './kernel.ts'

export const recorderKernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...movementKernels,
  ...productKernels,
  ...reductionKernels,
}
