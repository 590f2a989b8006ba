// Which engine runs a step: the one named, or the best that this machine has. Engines are loaded only when they are tried.
import { availableParallelism } from 'node:os'
import { messageOf, UserError } from '../base/errors.ts'
import type { Engine, EngineName } from './engine.ts'

export interface EngineWish {
  readonly name: 'auto' | EngineName
  /** `auto`, `cpu`, `gpu` (tensorflow), or one of onnxruntime's execution providers. */
  readonly device: string
  /** Threads within an operator; 0 = one for each processor. */
  readonly threads: number
  readonly precision: 'fp32'
}

/** A better engine that was not taken. */
export interface Refusal {
  readonly name: EngineName
  readonly reason: string
}

export interface ChosenEngine {
  readonly engine: Engine
  readonly refused: readonly Refusal[]
}

/** From the best to the last resort. */
const order: readonly EngineName[] = ['tensorflow', 'onnx', 'wasm']

/** The engine asked for, or with `auto` tensorflow where a GPU answers, else onnx, else wasm. UserError where what was asked for is not there. */
export async function chooseEngine({ name, device, threads: asked }: EngineWish): Promise<ChosenEngine> {
  const threads = asked === 0 ? availableParallelism() : asked
  if (name !== 'auto') return { engine: await named(name, device, threads), refused: [] }
  const refused: Refusal[] = []
  for (const each of order) {
    const opened =
      each === 'tensorflow' && device !== 'auto' && device !== 'gpu'
        ? `engine.device is ${device}`
        : await tried(each, device, threads)
    if (typeof opened !== 'string') return { engine: opened, refused }
    refused.push({ name: each, reason: opened })
  }
  throw new UserError(
    `engine: none can run on device "${device}" (${refused.map((each) => `${each.name}: ${each.reason}`).join('; ')}).`,
  )
}

async function named(name: EngineName, device: string, threads: number): Promise<Engine> {
  const opened = await tried(name, device, threads)
  if (typeof opened === 'string')
    throw new UserError(
      `engine.name: "${name}" cannot run here, ${opened}; choose another engine or "auto" (captune doctor lists them).`,
    )
  return opened
}

/** The engine, or why it cannot run. */
async function tried(name: EngineName, device: string, threads: number): Promise<Engine | string> {
  try {
    switch (name) {
      case 'onnx':
        return await onnx(device, threads)
      case 'wasm':
        return device === 'auto' || device === 'cpu'
          ? await (await import('./wasm-engine.ts')).wasmEngine()
          : `it has no device "${device}"`
      case 'tensorflow':
        return await tensorflow(device, threads)
    }
  } catch (error) {
    return messageOf(error).split('\n')[0] ?? 'unknown reason'
  }
}

async function onnx(device: string, threads: number): Promise<Engine | string> {
  const { onnxEngine, refusalOf } = await import('./onnx-engine.ts')
  const provider = device === 'auto' ? 'cpu' : device
  const refusal = await refusalOf(provider)
  if (refusal !== undefined) return refusal
  return onnxEngine({ device: provider, threads })
}

async function tensorflow(device: string, threads: number): Promise<Engine | string> {
  if (device !== 'auto' && device !== 'gpu' && device !== 'cpu') return `it has no device "${device}" (only cpu, gpu)`
  const { tensorflowEngine } = await import('./tensorflow-engine.ts')
  return tensorflowEngine(device === 'cpu' ? 'cpu' : 'gpu', threads)
}
