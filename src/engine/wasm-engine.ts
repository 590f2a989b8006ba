// The fallback that runs anywhere, and the reference of the tests: tfjs's WebAssembly backend, one thread.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm'
import { eagerEngine } from './eager-engine.ts'
import type { Engine } from './engine.ts'
import { tf } from './tfjs.ts'

export const wasmVersion: string = version_wasm

/** tfjs takes them once, before the backend starts. */
let pathsAreSet = false

export async function wasmEngine(): Promise<Engine> {
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
  if (!pathsAreSet) setWasmPaths(join(dirname(main), '/'))
  pathsAreSet = true
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend of tfjs could not be initialised')
  return eagerEngine({
    name: 'wasm',
    backend: 'wasm',
    threads: 1,
    description: `wasm (tfjs ${wasmVersion}, WebAssembly, 1 thread, about thirty times slower than onnx)`,
  })
}
