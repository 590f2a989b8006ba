// tfjs, loaded as the CommonJS that it is: to `import` it, Node first reads all of its two megabytes for the names that it exports, which
// took every command, `captune evaluate` without a model too, 0.2 s of processor time.
import { createRequire } from 'node:module'
import type * as Tfjs from '@tensorflow/tfjs'

export type { BackendValues, DataType, GradFunc, GradSaveFunc, Scalar, Tensor, TensorInfo } from '@tensorflow/tfjs'

export const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as typeof Tfjs
