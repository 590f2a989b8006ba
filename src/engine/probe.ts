// What `captune doctor` tells about engines: every one is tried, none is chosen.
import { availableParallelism } from 'node:os'
import { messageOf } from '../base/errors.ts'
import type { EngineName } from './engine.ts'
import { visibleGpus } from './nvidia.ts'

export interface EngineFacts {
  readonly name: EngineName
  readonly available: boolean
  readonly version?: string
  /** Why it is not available. */
  readonly reason?: string
  readonly devices: readonly string[]
  /** Threads that it can use here. */
  readonly threads: number
}

/** The facts of each engine, the best first. Loads all of them; takes a second or so. */
export async function probeEngines(): Promise<EngineFacts[]> {
  return [await tensorflowFacts(), await onnxFacts(), await wasmFacts()]
}

async function tensorflowFacts(): Promise<EngineFacts> {
  const threads = availableParallelism()
  try {
    const { tensorflowEngine } = await import('./tensorflow-engine.ts')
    const { stagedTensorflow } = await import('./tensorflow-library.ts')
    const engine = await tensorflowEngine({ device: 'auto', threads })
    const { version, cuda } = stagedTensorflow()!
    const gpus = cuda ? (await visibleGpus()).map((_, i) => `cuda:${i}`) : []
    await engine.dispose()
    return { name: 'tensorflow', available: true, version, devices: ['cpu', ...gpus], threads }
  } catch (error) {
    return { name: 'tensorflow', available: false, reason: messageOf(error), devices: [], threads }
  }
}

async function onnxFacts(): Promise<EngineFacts> {
  const threads = availableParallelism()
  try {
    const { onnxDevices, onnxVersion } = await import('./onnx-provider.ts')
    return { name: 'onnx', available: true, version: onnxVersion, devices: onnxDevices(), threads }
  } catch (error) {
    return { name: 'onnx', available: false, reason: messageOf(error), devices: [], threads }
  }
}

async function wasmFacts(): Promise<EngineFacts> {
  try {
    const { wasmEngine, wasmVersion } = await import('./wasm-engine.ts')
    await wasmEngine()
    return { name: 'wasm', available: true, version: wasmVersion, devices: ['cpu'], threads: 1 }
  } catch (error) {
    return { name: 'wasm', available: false, reason: messageOf(error), devices: [], threads: 1 }
  }
}
