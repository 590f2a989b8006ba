// `captune study`: plan the cells, run what is missing, print the table.
import { availableParallelism } from 'node:os'
import { IncompleteError, InterruptedError } from '../base/errors.ts'
import { fromRoot, writeAtomically } from '../base/files.ts'
import { openStudy } from '../config/study.ts'
import { toYaml } from '../config/yaml-source.ts'
import { databasePath, runFolder, runsFolder } from '../recipes/places.ts'
import { configFile } from '../recipes/run-folder.ts'
import { planCells, type Cell, type PlannedCell } from '../runner/cells.ts'
import { runCells, type CellOutcome } from '../runner/study.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { attemptsTable, scoredOn } from './attempts-table.ts'
import { reading } from './one-run.ts'
import { printWarnings, progressBoard, type ProgressBoard } from './progress-board.ts'
import { readyCells } from './study-cells.ts'
import { planText } from './study-plan.ts'
import { shownTable } from './show-table.ts'
import { findTrainedRun } from './trained-run.ts'

export interface StudyOptions {
  readonly dryRun?: boolean
  readonly jobs: number
  readonly retry: number
  readonly failFast?: boolean
}

export async function runStudy(path: string, args: readonly string[], options: StudyOptions, signal: AbortSignal): Promise<void> {
  const study = openStudy(path, args, findTrainedRun)
  const board = progressBoard()
  try {
    const warn = (sentences: readonly string[]) => printWarnings(board, sentences)
    const wanted = await readyCells(study, { report: board.reporter('world'), signal, warn })
    board.remove('world')
    const plan = planned(wanted.map(({ cell }) => cell))
    if (options.dryRun === true) {
      console.log(planText(plan, study.kind))
      return
    }
    for (const { cell, config } of wanted)
      if (isOpen(plan, cell)) writeAtomically(configFile(runFolder(cell.runId)), toYaml(config))
    const outcomes = await execute(plan, options, { board, signal })
    board.close()
    printTable(outcomes, plan)
    settle(outcomes, signal)
  } finally {
    board.close()
  }
}

function planned(wanted: readonly Cell[]): PlannedCell[] {
  return reading((reader) => planCells(wanted, reader))
}

function isOpen(plan: readonly PlannedCell[], cell: Cell): boolean {
  return plan.some((each) => each.cell === cell && (each.status === 'missing' || each.status === 'failed'))
}

function execute(
  plan: readonly PlannedCell[],
  options: StudyOptions,
  { board, signal }: { board: ProgressBoard; signal: AbortSignal },
): Promise<CellOutcome[]> {
  const label = ({ attempt, seed, kind }: Cell) => (kind === 'classify' ? attempt : `${attempt} s${seed}`)
  return runCells(plan, {
    database: databasePath(),
    runs: runsFolder(),
    spawn: { node: process.execPath, script: fromRoot('dist/src/cli/main.js') },
    jobs: options.jobs,
    threads: availableParallelism(),
    retry: options.retry,
    failFast: options.failFast === true,
    report: (cell, progress) => board.reporter(label(cell))(progress),
    ended({ cell, state, reason }) {
      board.remove(label(cell))
      board.print(`${label(cell)}: ${state}${reason === undefined ? '' : `: ${reason}`}`)
    },
    signal,
  })
}

function printTable(outcomes: readonly CellOutcome[], plan: readonly PlannedCell[]): void {
  reading((reader) => {
    const runs = outcomes.flatMap(({ cell }): RunRow[] => {
      const earlier = plan.find((each) => each.cell === cell && each.status === 'done')?.run
      const run = earlier ?? reader.run(cell.runId)
      return run === undefined ? [] : [{ ...run, attempt: cell.attempt }]
    })
    console.log(shownTable(attemptsTable(reader, runs)))
    console.log(scoredOn(reader, runs))
  })
}

/** The exit code's reason, where not every cell is done. */
function settle(outcomes: readonly CellOutcome[], signal: AbortSignal): void {
  if (signal.aborted) throw new InterruptedError('Stopped; the same command continues from here.')
  const open = outcomes.filter(({ state }) => state !== 'finished' && state !== 'done')
  if (open.length > 0)
    throw new IncompleteError(
      `${open.length} of ${outcomes.length} runs did not finish; their logs are ${open.map(({ cell }) => `${runFolder(cell.runId)}/log.txt`).join(', ')}`,
    )
}
