// Executes the cells of a study that are missing, each in a process of its own, several at a time. However a process ends, its run's
// state is the truth afterwards.
import { join } from 'node:path'
import type { Progress } from '../base/progress.ts'
import { enqueueRuns, settleRun } from '../tracking/claim.ts'
import type { RunIdentity } from '../tracking/entries.ts'
import { openReader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'
import type { Cell, PlannedCell } from './cells.ts'
import { startChild, type Child, type ChildEnd } from './child-process.ts'

export interface StudyOptions {
  readonly database: string
  /** The folder that holds the runs' folders. */
  readonly runs: string
  /** The program that executes a cell: `node script ...cell.arguments`. */
  readonly spawn: { readonly node: string; readonly script: string }
  /** Processes at a time. */
  readonly jobs: number
  /** Threads of the machine, divided among the processes: each finds its share in CAPTUNE_THREADS. */
  readonly threads?: number
  /** How many more times a failed cell is tried. */
  readonly retry?: number
  /** Stop everything at the first cell that fails for good. */
  readonly failFast?: boolean
  readonly report?: (cell: Cell, progress: Progress) => void
  /** A try of a cell begins. */
  readonly started?: (cell: Cell) => void
  /** A cell is over: executed, or never begun. */
  readonly ended?: (outcome: CellOutcome) => void
  /** Aborted: processes are asked to save and stop, and nothing more is begun. */
  readonly signal?: AbortSignal
}

export interface CellOutcome {
  readonly cell: Cell
  /** `finished`: executed now. `done`: had been before. `running`: another process has it. `skipped`: never begun. */
  readonly state: 'finished' | 'failed' | 'crashed' | 'stopped' | 'done' | 'running' | 'skipped'
  readonly reason: string | undefined
  /** Processes started for it. */
  readonly tries: number
}

/**
 * Executes what is missing or failed and returns the outcome of every planned cell, in order. A failing cell is an outcome, not an
 * error; throws UserError only where the database or the runs' folder cannot be written.
 */
export async function runCells(plan: readonly PlannedCell[], options: StudyOptions): Promise<CellOutcome[]> {
  const outcomes = new Map<Cell, CellOutcome>()
  const todo: Cell[] = []
  for (const { cell, status } of plan) {
    if (status === 'done' || status === 'running') outcomes.set(cell, { cell, state: status, reason: undefined, tries: 0 })
    else todo.push(cell)
  }
  enqueueRuns(options.database, todo.map(identityOf))
  for (const outcome of await executed(todo, options)) outcomes.set(outcome.cell, outcome)
  return plan.map(({ cell }) => outcomes.get(cell)!)
}

async function executed(todo: readonly Cell[], options: StudyOptions): Promise<CellOutcome[]> {
  const jobs = Math.max(1, Math.min(options.jobs, todo.length))
  const children = childrenOf(options, jobs)
  const outcomes: CellOutcome[] = []
  const waiting = [...todo]

  async function work(): Promise<void> {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      const outcome = children.stopping() ? neverBegun(cell, options) : await tried(cell, options, children)
      outcomes.push(outcome)
      options.ended?.(outcome)
      if (options.failFast === true && isFailure(outcome.state)) children.stop()
    }
  }

  try {
    await Promise.all(Array.from({ length: jobs }, work))
  } catch (error) {
    children.stop()
    throw error
  } finally {
    children.release()
  }
  return outcomes
}

function neverBegun(cell: Cell, options: StudyOptions): CellOutcome {
  const reason = 'the study was stopped before this run began'
  settleRun(options.database, identityOf(cell), undefined, 'stopped', reason)
  return { cell, state: 'skipped', reason, tries: 0 }
}

async function tried(cell: Cell, options: StudyOptions, children: Children): Promise<CellOutcome> {
  for (let tries = 1; ; tries++) {
    options.started?.(cell)
    const { pid, end } = await children.run(cell)
    const { state, reason } = settled(cell, pid, end, options, children.stopping())
    if (!isFailure(state) || tries > (options.retry ?? 0) || children.stopping()) return { cell, state, reason, tries }
  }
}

function isFailure(state: CellOutcome['state']): boolean {
  return state === 'failed' || state === 'crashed'
}

interface Ending {
  readonly state: 'finished' | 'failed' | 'crashed' | 'stopped'
  readonly reason: string | undefined
}

/** What the process wrote itself holds; otherwise what its end tells is written for it. */
function settled(cell: Cell, pid: number | undefined, end: ChildEnd, options: StudyOptions, stopping: boolean): Ending {
  const own = finalState(rowOf(cell, options), pid)
  if (own !== undefined) return own
  const { state, reason } = judge(end, stopping)
  settleRun(options.database, identityOf(cell), pid, state, reason)
  return { state, reason }
}

function rowOf(cell: Cell, { database }: StudyOptions): RunRow | undefined {
  const reader = openReader(database)
  try {
    return reader.run(cell.runId)
  } finally {
    reader.close()
  }
}

function finalState(row: RunRow | undefined, pid: number | undefined): Ending | undefined {
  if (row === undefined || row.pid !== pid) return undefined
  const { state, reason } = row
  return state === 'finished' || state === 'failed' || state === 'stopped' ? { state, reason: reason ?? undefined } : undefined
}

/** State and reason of a run whose process could not write them. */
function judge(end: ChildEnd, stopping: boolean): { state: 'failed' | 'crashed' | 'stopped'; reason: string } {
  const because = end.lastLine === '' ? '' : `: ${end.lastLine}`
  if (end.signal === 'SIGKILL' && !stopping)
    return { state: 'crashed', reason: `killed by SIGKILL, as the system does when memory runs out${because}` }
  if (stopping && end.signal !== null) return { state: 'stopped', reason: `interrupted (${end.signal})` }
  if (end.signal !== null) return { state: 'crashed', reason: `ended by ${end.signal}${because}` }
  if (end.code === 130) return { state: 'stopped', reason: 'interrupted' }
  if (end.code === null) return { state: 'failed', reason: `could not be started${because}` }
  if (end.code === 0) return { state: 'failed', reason: `ended without finishing its run${because}` }
  return { state: 'failed', reason: end.lastLine === '' ? `exit code ${end.code}, see log.txt` : end.lastLine }
}

interface Children {
  run(cell: Cell): Promise<{ pid: number | undefined; end: ChildEnd }>
  /** Asks every process to save and stop; no more are begun. */
  stop(): void
  stopping(): boolean
  /** Ends the watch over signals and over this process's own end. */
  release(): void
}

/** The processes of a study: stopped together, and none outlives this process. */
function childrenOf(options: StudyOptions, jobs: number): Children {
  const living = new Set<Child>()
  let stopping = false
  const stop = () => {
    stopping = true
    for (const child of living) child.stop()
  }
  const killAll = () => {
    for (const child of living) child.kill()
  }
  if (options.signal?.aborted === true) stop()
  options.signal?.addEventListener('abort', stop)
  process.on('exit', killAll) // the second Ctrl-C ends this process at once

  async function run(cell: Cell): Promise<{ pid: number | undefined; end: ChildEnd }> {
    const child = startChild({
      node: options.spawn.node,
      arguments: [options.spawn.script, ...cell.arguments],
      folder: join(options.runs, cell.runId),
      environment: options.threads === undefined ? {} : { CAPTUNE_THREADS: String(share(options.threads, jobs)) },
      report: (progress) => options.report?.(cell, progress),
    })
    living.add(child)
    const end = await child.ended
    living.delete(child)
    return { pid: child.pid, end }
  }

  function release(): void {
    options.signal?.removeEventListener('abort', stop)
    process.off('exit', killAll)
  }

  return { run, stop, stopping: () => stopping, release }
}

function share(threads: number, jobs: number): number {
  return Math.max(1, Math.floor(threads / jobs))
}

function identityOf({ runId, study, attempt, kind, seed, hash }: Cell): RunIdentity {
  return { id: runId, study, attempt, kind, seed, config_hash: hash }
}
