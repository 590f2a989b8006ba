// `captune decode`: what a run has learned, decoded and scored in another way.
import { loadDecodingConfig } from '../config/decoding-only.ts'
import { executeDecoding } from '../recipes/decode-run.ts'
import { decodingIdentity } from '../recipes/identity.ts'
import { requireFiles, runFiles } from '../recipes/needed-files.ts'
import { runFolder } from '../recipes/places.ts'
import { checkWeights, weightsOf } from '../recipes/weights.ts'
import { provideData } from '../recipes/world.ts'
import { runIdOf } from '../runner/cells.ts'
import { oneRun } from './one-run.ts'
import type { RunPlace } from './train-one.ts'
import { findTrainedRun } from './trained-run.ts'

export async function decodeRun(
  run: string,
  overrides: readonly string[],
  { study, attempt: named }: RunPlace,
  signal: AbortSignal,
): Promise<void> {
  const { id: parent, config: path } = findTrainedRun(run)
  const { config } = loadDecodingConfig(path, overrides)
  await oneRun(async (around) => {
    requireFiles(runFiles(config))
    around.warn(await checkWeights(weightsOf(config)))
    await provideData(config, around)
    const identity = await decodingIdentity(config, runFolder(parent))
    const attempt = named ?? config.name
    const id = runIdOf({ study, attempt, seed: config.seed, hash: identity.hash })
    return { id, hash: identity.hash, execute: () => executeDecoding({ id, study, attempt, parent, config, identity }, around) }
  }, signal)
}
