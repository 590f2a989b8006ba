// What a run hands over to a grader: its trained tensors in a file of their own, and all that is needed to caption with them.
import { existsSync } from 'node:fs'
import { fromRoot, readJson } from '../base/files.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import { loadRunConfig } from '../config/load.ts'
import type { RunConfig } from '../config/run-config.ts'
import { readWorld } from '../data/shapes/world.ts'
import { weightsDigest } from './decoder-digest.ts'
import { configFile, predictionsFile } from './run-folder.ts'
import { openTask, served } from './task.ts'
import { readBest } from './trained.ts'
import { isProvided } from './world.ts'

export interface HandedOver {
  readonly config: RunConfig
  /** Digest of the decoder's values. */
  readonly decoder: string
  readonly builtInWorld: boolean
  /** The caption that the run gave most often. */
  readonly fallback: string
}

export interface HandOverOptions {
  /** The file to write, a safetensors file. */
  readonly to: string
  readonly dtype: 'float32' | 'float16'
  /** Folder of the run whose way of decoding is taken: the same, or one that decoded again what it has learned. */
  readonly decodedBy: string
  /** Another way of decoding, as on the command line; nobody has scored it. */
  readonly decode?: string | undefined
}

/** Writes the trained tensors of the run in `folder`. UserError where the run has learned nothing or its files are not those of its training. */
export async function handOver(folder: string, { to, dtype, decodedBy, decode }: HandOverOptions): Promise<HandedOver> {
  const { config } = loadRunConfig(configFile(decodedBy), decode === undefined ? [] : [`decode=${decode}`])
  const task = served(openTask(config))
  const { tensors, metadata } = await readBest(folder, task)
  writeSafetensors(fromRoot(to), tensors, metadata, { dtype })
  return {
    config,
    decoder: weightsDigest(task.decoder.weights),
    builtInWorld: isProvided(config.data.root) || readWorld(fromRoot(config.data.root)) !== undefined,
    fallback: mostFrequent(predictionsFile(decodedBy, 'val')) ?? 'a photo',
  }
}

function mostFrequent(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  const counts = new Map<string, number>()
  for (const caption of Object.values(readJson(path) as Record<string, string>))
    counts.set(caption, (counts.get(caption) ?? 0) + 1)
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  return most?.[0]
}
