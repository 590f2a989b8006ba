// Whether a library that was just set up computes the right numbers: asked in a process of its own.
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Proof } from './prove-worker.ts'
import { runTool } from './tool.ts'

/** The engine's description, or why it does not compute. `folder` is where tensorflow's library is. */
export async function prove(engine: 'tensorflow' | 'onnx', device: string, folder = ''): Promise<Proof> {
  const compiled = import.meta.url.endsWith('.js')
  const program = fileURLToPath(new URL(compiled ? './prove-worker.js' : './prove-worker.ts', import.meta.url))
  const loader = compiled ? [] : ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
  const { stdout, failure } = await runTool(process.execPath, [...loader, program, engine, device, folder])
  return failure === undefined ? (JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Proof) : { failure }
}
