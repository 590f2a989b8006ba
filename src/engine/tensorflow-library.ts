// TensorFlow's own library as `npm run setup:tensorflow` stages it: outside of node_modules, so that `npm ci` leaves it in place. Started at
// most once in a process, because it reads its device and its number of threads when it starts.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { KernelBackend } from '@tensorflow/tfjs'
import { fromRoot, readJson } from '../base/files.ts'
import type { Gpu } from './nvidia.ts'
import { tf } from './tfjs.ts'

/** What stands in the folder beside the library itself: written when it was set up. */
export interface StagedTensorflow {
  /** TensorFlow's version. */
  readonly version: string
  /** Whether it was built to compute on NVIDIA's GPUs. */
  readonly cuda: boolean
  /** `linux-x64` */
  readonly platform: string
}

/** Where the engine looks for the library. It must be in the checkout: tfjs-node's scripts ask for the tfjs that we use. */
export const tensorflowFolder = fromRoot('native/tensorflow')

/** Paths in that folder. `library` and `cuda` lie to each other as in Python's site-packages: TensorFlow finds CUDA's libraries so. */
export const staged = {
  facts: 'staged.json',
  addon: 'tfjs_binding.node',
  scripts: 'tfjs-node',
  library: 'tensorflow',
  cuda: 'nvidia',
} as const

/** The library in `folder`, or nothing where none was set up. */
export function stagedTensorflow(folder: string = tensorflowFolder): StagedTensorflow | undefined {
  const facts = join(folder, staged.facts)
  return existsSync(facts) ? (readJson(facts) as StagedTensorflow) : undefined
}

export interface TensorflowOptions {
  readonly folder: string
  /** The GPU to compute on; undefined for the processor. */
  readonly gpu: Gpu | undefined
  readonly threads: number
}

/** What this process started TensorFlow with. */
let started: TensorflowOptions | undefined

/** Registers tfjs's backend `tensorflow`. Throws where the library does not load, or runs elsewhere in this process already. */
export function startTensorflow(options: TensorflowOptions): void {
  if (started !== undefined) {
    if (started.gpu?.id === options.gpu?.id && started.folder === options.folder) return
    throw new Error(`this process computes with TensorFlow on ${started.gpu?.name ?? 'the processor'} already`)
  }
  sayToLibrary(options)
  supplyUtil()
  const load = (path: string): unknown => createRequire(import.meta.url)(join(options.folder, path))
  const binding = seeingOnly(options.gpu, () => load(staged.addon) as Binding)
  const { NodeJSKernelBackend } = load(`${staged.scripts}/nodejs_kernel_backend.js`) as NodeBackend
  load(`${staged.scripts}/register_all_kernels.js`)
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, 'tfjs-node'))
  started = options
  if (options.gpu !== undefined && !binding.isUsingGpuDevice())
    throw new Error(
      `TensorFlow cannot use ${options.gpu.name}; CUDA 12 and cuDNN 9 may be missing (npm run setup:tensorflow -- --gpu)`,
    )
}

interface Binding {
  isUsingGpuDevice(): boolean
}

interface NodeBackend {
  readonly NodeJSKernelBackend: new (binding: Binding, name: string) => KernelBackend
}

/** The library reads these when it starts. */
function sayToLibrary({ gpu, threads }: TensorflowOptions): void {
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads)
  process.env.OMP_NUM_THREADS ??= String(threads)
  process.env.TF_CPP_MIN_LOG_LEVEL ??= gpu === undefined ? '3' : '2' // what matters is thrown; two lines come before it reads this
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true' // else it takes all of the GPU's memory at once
}

/** Loads the addon, which takes the last GPU that it sees. */
function seeingOnly(gpu: Gpu | undefined, load: () => Binding): Binding {
  const before = process.env.CUDA_VISIBLE_DEVICES
  process.env.CUDA_VISIBLE_DEVICES = gpu?.id ?? '-1'
  try {
    return load()
  } finally {
    if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES
    else process.env.CUDA_VISIBLE_DEVICES = before
  }
}

/** Functions of `node:util` that tfjs-node calls and that Node 22 warns of and Node 23 no longer has. */
function supplyUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util['isNullOrUndefined'] = (value: unknown) => value === null || value === undefined
  util['isArray'] = Array.isArray
}
