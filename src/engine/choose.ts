// Which engine runs a step: the one named, or the best that this machine has. Engines are loaded only when they are tried.
import { availableParallelism } from 'node:os'
import { messageOf, UserError } from '../base/errors.ts'
import type { Engine, EngineName, Precision } from './engine.ts'

export interface EngineWish {
  readonly name: 'auto' | EngineName
  /** `auto` (a GPU where one answers and an engine for it is set up), `cpu`, `cuda`, `cuda:1` or `webgpu`. */
  readonly device: string
  /** Threads within an operator; 0 = one for each processor. */
  readonly threads: number
  /** int8 is onnx's, on the processor. */
  readonly precision: Precision
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

/** The engine asked for, or with `auto` the best that is here. UserError with what is missing where what was asked for is not there. */
export async function chooseEngine(asked: EngineWish): Promise<ChosenEngine> {
  const wish = { ...asked, threads: asked.threads === 0 ? availableParallelism() : asked.threads }
  if (wish.precision === 'int8') return { engine: await (await import('./int8-engine.ts')).int8Engine(wish.threads), refused: [] }
  if (wish.name !== 'auto') return { engine: await named(wish.name, wish), refused: [] }
  const refused: Refusal[] = []
  for (const { name, device } of candidates(wish.device)) {
    const opened = device === undefined ? `engine.device is ${wish.device}` : await tried(name, { ...wish, device })
    if (typeof opened !== 'string') return { engine: opened, refused }
    refused.push({ name, reason: opened })
  }
  const reasons = refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  throw new UserError(`engine: none can run on device "${wish.device}" (${reasons}).`)
}

/** From the best to the last resort, each with the device to try. On processors onnx is faster than tensorflow. */
function candidates(device: string): readonly { readonly name: EngineName; readonly device: string | undefined }[] {
  return [
    { name: 'tensorflow', device: device === 'auto' ? 'cuda:0' : device === 'cpu' ? undefined : device },
    { name: 'onnx', device },
    { name: 'wasm', device },
  ]
}

async function named(name: EngineName, wish: EngineWish): Promise<Engine> {
  const opened = await tried(name, wish)
  if (typeof opened !== 'string') return opened
  const where = wish.device === 'auto' ? 'here' : `on device "${wish.device}"`
  throw new UserError(
    `engine: "${name}" cannot run ${where}, ${opened}; \`captune doctor\` tells which engines and devices are here.`,
  )
}

/** The engine, or why it cannot run. */
async function tried(name: EngineName, wish: EngineWish): Promise<Engine | string> {
  try {
    switch (name) {
      case 'tensorflow':
        return await (await import('./tensorflow-engine.ts')).tensorflowEngine(wish)
      case 'onnx':
        return await onnx(wish)
      case 'wasm':
        return wish.device === 'auto' || wish.device === 'cpu'
          ? await (await import('./wasm-engine.ts')).wasmEngine()
          : `it has no device "${wish.device}"`
    }
  } catch (error) {
    return messageOf(error).split('\n')[0] ?? 'unknown reason'
  }
}

async function onnx({ device, threads }: EngineWish): Promise<Engine | string> {
  const [{ onnxEngine }, { refusalOnOnnx }] = await Promise.all([import('./onnx-engine.ts'), import('./onnx-device.ts')])
  if (device === 'auto') return onnxEngine({ device: (await refusalOnOnnx('cuda:0')) === undefined ? 'cuda:0' : 'cpu', threads })
  return (await refusalOnOnnx(device)) ?? onnxEngine({ device, threads })
}
