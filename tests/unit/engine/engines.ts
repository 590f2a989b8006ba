// The engines that tests walk: onnx, wasm, and tensorflow where it is installed.
import { createRequire } from 'node:module'
import { chooseEngine } from '../../../src/engine/choose.ts'
import type { Engine, EngineName } from '../../../src/engine/engine.ts'

export interface EngineUnderTest {
  readonly name: EngineName
  open(): Promise<Engine>
}

const open = async (name: EngineName, device: string) => {
  const wish = { name, device, threads: 2, precision: 'fp32' } as const
  return (await chooseEngine(wish)).engine
}

const installed = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

const tensorflow = installed('@tensorflow/tfjs-node-gpu') ? 'gpu' : installed('@tensorflow/tfjs-node') ? 'cpu' : undefined

export const engines: readonly EngineUnderTest[] = [
  { name: 'onnx', open: () => open('onnx', 'cpu') },
  { name: 'wasm', open: () => open('wasm', 'cpu') },
  ...(tensorflow === undefined ? [] : [{ name: 'tensorflow' as const, open: () => open('tensorflow', tensorflow) }]),
]
