// A process that proves an engine on a device, so that a library which crashes takes nobody with it. Arguments: engine, device, and for
// tensorflow the library's folder. Prints JSON: the engine's description, or why it cannot be had.
import { messageOf } from '../base/errors.ts'
import type { Engine } from '../engine/engine.ts'
import { proveEngine } from '../engine/proof.ts'

export interface Proof {
  readonly description?: string
  readonly failure?: string
}

const [name, device, folder] = process.argv.slice(2) as [string, string, string]

async function opened(): Promise<Engine> {
  if (name === 'tensorflow')
    return (await import('../engine/tensorflow-engine.ts')).tensorflowEngine({ device, threads: 1, folder })
  const refusal = await (await import('../engine/onnx-device.ts')).refusalOnOnnx(device)
  if (refusal !== undefined) throw new Error(refusal)
  return (await import('../engine/onnx-engine.ts')).onnxEngine({ device, threads: 1 })
}

try {
  const engine = await opened()
  await proveEngine(engine)
  process.stdout.write(JSON.stringify({ description: engine.description } satisfies Proof))
} catch (error) {
  process.stdout.write(JSON.stringify({ failure: messageOf(error).split('\n')[0] ?? '' } satisfies Proof))
}
