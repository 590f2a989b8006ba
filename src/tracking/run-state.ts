// The truth about a run: what its row says, checked against whether its process is still there.
import type { Database } from 'better-sqlite3'
import type { RunState } from './entries.ts'
import { databaseFailure, openDatabase, patiently } from './database.ts'
import { startOf, thisProcess } from '../base/process-identity.ts'

/** A row of the table `runs`. Times are milliseconds since 1970; flags are 0 or 1. */
export interface RunRow {
  readonly id: string
  readonly study: string
  readonly attempt: string
  readonly kind: string
  readonly seed: number
  readonly state: RunState
  /** Why it failed, crashed or stopped. */
  readonly reason: string | null
  readonly config_hash: string
  readonly parent: string | null
  readonly created: number
  readonly started: number | null
  readonly ended: number | null
  readonly host: string | null
  readonly pid: number | null
  readonly pid_start: string | null
  readonly heartbeat: number | null
  readonly stop_requested: number
  readonly hidden: number
  readonly name: string
  readonly baseline: number
}

/** How the truth is looked up; replaced in tests alone. */
export interface Surroundings {
  readonly now: number
  readonly host: string
  readonly startOf: (pid: number) => string | undefined
}

/** A process of another host is given up after this long without a heartbeat (one every 2 s); network drives may be slow. */
export const silence = 60_000

export interface Truth {
  readonly state: RunState
  readonly reason: string | null
}

/** State and reason of a run as they really are: a run whose process is gone is `crashed`, a queued one `stopped`. */
export function trueState(row: RunRow, around: Surroundings = surroundings()): Truth {
  if ((row.state !== 'running' && row.state !== 'queued') || isAlive(row, around)) return { state: row.state, reason: row.reason }
  if (row.state === 'queued') return { state: 'stopped', reason: 'the study ended before this run began' }
  return { state: 'crashed', reason: lastWords(row, around) }
}

/** The same row with state and reason as they really are. */
export function truthful(row: RunRow, around?: Surroundings): RunRow {
  return { ...row, ...trueState(row, around) }
}

function isAlive(row: RunRow, around: Surroundings): boolean {
  if (row.pid === null || row.pid_start === null) return false
  if (row.host === around.host) return around.startOf(row.pid) === row.pid_start
  return around.now - (row.heartbeat ?? 0) < silence
}

function lastWords(row: RunRow, around: Surroundings): string {
  if (row.host !== around.host) return `nothing heard from ${row.host ?? 'its host'} for ${silence / 1000} s`
  return `its process ${row.pid ?? ''} is gone: killed, out of memory, or the machine went down`
}

function surroundings(): Surroundings {
  return { now: Date.now(), host: thisProcess().host, startOf }
}

/** Writes the truth into the database, so that other hosts see it too; returns the runs whose state changed. */
export function reconcile(path: string): RunRow[] {
  const database = openDatabase(path)
  try {
    return patiently(() => database.transaction(() => reconciled(database)).immediate())
  } catch (error) {
    throw databaseFailure(path, error)
  } finally {
    database.close()
  }
}

/** Writes the truth about every open run; returns the rows that changed. Call it inside a transaction. */
export function reconciled(database: Database): RunRow[] {
  const open = database.prepare<[], RunRow>(`SELECT * FROM runs WHERE state IN ('running', 'queued')`).all()
  const write = database.prepare('UPDATE runs SET state = ?, reason = ?, ended = coalesce(heartbeat, created) WHERE id = ?')
  const changed = open.map((row) => truthful(row)).filter((row, i) => row.state !== open[i]?.state)
  for (const { state, reason, id } of changed) write.run(state, reason, id)
  return changed
}
