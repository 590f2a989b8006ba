// `captune train`: one run, from its beginning or from where it stopped.
import { loadRunConfig } from '../config/load.ts'
import { identityOf } from '../recipes/identity.ts'
import { requireFiles, runFiles } from '../recipes/needed-files.ts'
import { executeRun } from '../recipes/run.ts'
import { checkWeights, weightsOf } from '../recipes/weights.ts'
import { provideData } from '../recipes/world.ts'
import { runIdOf } from '../runner/cells.ts'
import { oneRun } from './one-run.ts'

/** Where a run belongs. */
export interface RunPlace {
  readonly study: string
  /** The config's name unless given. */
  readonly attempt?: string
}

export async function trainOne(
  path: string,
  overrides: readonly string[],
  { study, attempt: named }: RunPlace,
  signal: AbortSignal,
): Promise<void> {
  const { config } = loadRunConfig(path, overrides)
  await oneRun(async (around) => {
    requireFiles(runFiles(config))
    around.warn(await checkWeights(weightsOf(config)))
    await provideData(config, around)
    const identity = await identityOf(config)
    const attempt = named ?? config.name
    const id = runIdOf({ study, attempt, seed: config.seed, hash: identity.hash })
    return { id, hash: identity.hash, execute: () => executeRun({ id, study, attempt, config, identity }, around) }
  }, signal)
}
