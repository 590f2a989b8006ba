// `captune train`: one run in this process, drawn here or reported to the study that started it.
import { availableParallelism } from 'node:os'
import { loadRunConfig } from '../config/load.ts'
import { identityOf } from '../recipes/identity.ts'
import { databasePath } from '../recipes/places.ts'
import { executeRun } from '../recipes/run.ts'
import { provideData } from '../recipes/world.ts'
import { runIdOf } from '../runner/cells.ts'
import { onParentGone, reportToParent } from '../runner/parent-process.ts'
import { openReader } from '../tracking/reader.ts'
import { progressBoard } from './progress-board.ts'
import { attemptsTable } from './attempts-table.ts'
import { shownTable } from './show-table.ts'

interface TrainRequest {
  readonly study: string
  readonly attempt?: string
  readonly signal: AbortSignal
}

export async function trainOne(
  path: string,
  overrides: readonly string[],
  { study, attempt: named, signal: interrupted }: TrainRequest,
): Promise<void> {
  const { config } = loadRunConfig(path, overrides)
  const board = progressBoard()
  const report = reportToParent() ?? board.reporter('')
  const orphaned = new AbortController()
  onParentGone(() => orphaned.abort())
  const signal = AbortSignal.any([interrupted, orphaned.signal])
  try {
    await provideData(config, { report, signal })
    const identity = await identityOf(config)
    const attempt = named ?? config.name
    const id = runIdOf({ study, attempt, seed: config.seed, hash: identity.hash })
    const done = finishedRun(identity.hash)
    if (done === undefined) await executeRun({ id, study, attempt, config, identity }, { report, signal, threads: threadShare() })
    board.close()
    if (process.send !== undefined) return
    if (done !== undefined) console.error(`Finished before, as ${done}; nothing to train.`)
    const reader = openReader(databasePath())
    console.log(shownTable(attemptsTable(reader, [reader.run(done ?? id)!])))
    reader.close()
  } finally {
    board.close()
  }
}

function finishedRun(hash: string): string | undefined {
  const reader = openReader(databasePath())
  try {
    return reader.runs({ config_hash: hash, state: 'finished' })[0]?.id
  } finally {
    reader.close()
  }
}

/** What a study that runs several processes at once leaves for this one. */
function threadShare(): number | undefined {
  const share = Number(process.env['CAPTUNE_THREADS'])
  return Number.isInteger(share) && share > 0 ? share : availableParallelism()
}
