// What a run hands over to a grader: its trained tensors in a file of their own, and all that is needed to caption with them.
import { existsSync } from 'node:fs'
import { fromRoot, readJson } from '../base/files.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import type { RunConfig } from '../config/run-config.ts'
import { readWorld } from '../data/shapes/world.ts'
import { readCaptioner, type CaptioningRun } from './captioning-run.ts'
import { weightsDigest } from './decoder-digest.ts'
import { runFolder } from './places.ts'
import { predictionsFile } from './run-folder.ts'
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
  /** Another way of decoding, as on the command line; nobody has scored it. */
  readonly decode?: string | undefined
}

/** Writes the trained tensors of a run. UserError where it has learned nothing or its files are not those of its training. */
export async function handOver(run: CaptioningRun, { to, dtype, decode }: HandOverOptions): Promise<HandedOver> {
  const { task, trained } = await readCaptioner(run, decode)
  const { config, decoder } = task
  writeSafetensors(fromRoot(to), trained.tensors, trained.metadata, { dtype })
  return {
    config,
    decoder: weightsDigest(decoder.weights),
    builtInWorld: isProvided(config.data.root) || readWorld(fromRoot(config.data.root)) !== undefined,
    fallback: mostFrequent(predictionsFile(runFolder(run.id), 'val')) ?? 'a photo',
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
