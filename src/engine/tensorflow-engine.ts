// TensorFlow's own library through tfjs-node or tfjs-node-gpu: optional packages, looked for only when asked.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as tf from '@tensorflow/tfjs'
import { messageOf } from '../base/errors.ts'
import { eagerEngine } from './eager-engine.ts'
import type { Engine } from './engine.ts'

const packages = { gpu: '@tensorflow/tfjs-node-gpu', cpu: '@tensorflow/tfjs-node' } as const

export type TensorflowDevice = keyof typeof packages

/** The NVIDIA GPUs whose driver answers, by name. */
export async function gpusThatAnswer(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], { timeout: 10_000 })
    return stdout.split('\n').filter((line) => line.trim() !== '')
  } catch {
    return []
  }
}

/** Why tensorflow cannot run on `device`, or its version. */
export async function loadTensorflow(device: TensorflowDevice): Promise<{ version: string } | { reason: string }> {
  if (device === 'gpu' && (await gpusThatAnswer()).length === 0) return { reason: 'no NVIDIA GPU answers' }
  const name = packages[device]
  try {
    // A variable, so that neither the compiler nor a bundler asks for a package that is mostly absent.
    const library = (await import(name)) as { version: Record<string, string> }
    return { version: library.version['tfjs-node'] ?? 'of unknown version' }
  } catch (error) {
    const missing = messageOf(error).includes(`'${name}'`)
    return { reason: missing ? `${name} is not installed` : `${name} does not load (${firstLine(messageOf(error))})` }
  }
}

/** Throws where `loadTensorflow` gives a reason. TensorFlow reads its thread count when it is first used in a process. */
export async function tensorflowEngine(device: TensorflowDevice, threads: number): Promise<Engine> {
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads)
  process.env.OMP_NUM_THREADS ??= String(threads)
  const loaded = await loadTensorflow(device)
  if ('reason' in loaded) throw new Error(loaded.reason)
  if (!(await tf.setBackend('tensorflow'))) throw new Error('the TensorFlow backend of tfjs could not be initialised')
  const description = `tensorflow (${packages[device].split('/')[1]!} ${loaded.version}, ${device}, ${threadsText(threads)})`
  return eagerEngine({ name: 'tensorflow', backend: 'tensorflow', description, threads })
}

function threadsText(threads: number): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
