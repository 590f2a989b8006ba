// One run in this process, drawn here or reported to the study that started it; one that is finished is not done again.
import { availableParallelism } from 'node:os'
import { databasePath } from '../recipes/places.ts'
import type { RunSurroundings } from '../recipes/recorded-run.ts'
import { onParentGone, reportToParent } from '../runner/parent-process.ts'
import { openReader, type Reader } from '../tracking/reader.ts'
import { attemptsTable } from './attempts-table.ts'
import { printWarnings, progressBoard } from './progress-board.ts'
import { shownTable } from './show-table.ts'
import type { Preparation } from './study-cells.ts'

/** A run that is ready to be executed. */
export interface ReadyRun {
  readonly id: string
  /** Of its config, data and weights: a finished run with the same need not be repeated. */
  readonly hash: string
  readonly execute: () => Promise<void>
}

/**
 * Prepares a run, executes it unless a finished one has its hash, and prints its row. Returns the id of the run that has the result;
 * undefined, with nothing printed, where a study started this process.
 */
export async function oneRun(
  prepare: (around: RunSurroundings & Preparation) => Promise<ReadyRun>,
  interrupted: AbortSignal,
): Promise<string | undefined> {
  const board = progressBoard()
  const orphaned = new AbortController()
  onParentGone(() => orphaned.abort())
  const signal = AbortSignal.any([interrupted, orphaned.signal])
  try {
    const { id, hash, execute } = await prepare({
      report: reportToParent() ?? board.reporter(''),
      signal,
      threads: threadShare(),
      warn: (sentences) => printWarnings(board, sentences),
    })
    const done = reading((reader) => reader.runs({ config_hash: hash, state: 'finished' })[0]?.id)
    if (done === undefined) await execute()
    board.close()
    if (process.send !== undefined) return undefined
    if (done !== undefined) console.error(`Finished before, as ${done}; nothing to do.`)
    const result = done ?? id
    console.log(reading((reader) => shownTable(attemptsTable(reader, [reader.run(result)!]))))
    return result
  } finally {
    board.close()
  }
}

/** Reads the database and closes it again. */
export function reading<T>(work: (reader: Reader) => T): T {
  const reader = openReader(databasePath())
  try {
    return work(reader)
  } finally {
    reader.close()
  }
}

/** What a study that runs several processes at once leaves for this one. */
function threadShare(): number {
  const share = Number(process.env['CAPTUNE_THREADS'])
  return Number.isInteger(share) && share > 0 ? share : availableParallelism()
}
