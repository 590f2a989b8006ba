// Whose run it is. Claiming is one transaction: of two processes that want a run, one gets it and the other learns who has it.
import { dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { UserError } from '../base/errors.ts'
import { databaseFailure, openDatabase, patiently } from './database.ts'
import type { Entry, RunIdentity } from './entries.ts'
import { thisProcess } from '../base/process-identity.ts'
import { addToJournal } from './journal.ts'
import { trueState, type RunRow } from './run-state.ts'
import { openStore } from './store.ts'

/**
 * Makes the run this process's and begins a segment after step `resumeFrom` (none: the run starts over, and nothing it logged
 * before is shown). Returns the entries to keep in the journal. Throws UserError where a living process has the run.
 */
export function claimRun(database: Database, run: RunIdentity, resumeFrom: number | undefined): Entry[] {
  return database
    .transaction(() => {
      const row = rowOf(database, run.id)
      if (row !== undefined) refuseIfTaken(row)
      return begin(database, run, row?.created, resumeFrom)
    })
    .immediate()
}

function refuseIfTaken(row: RunRow): void {
  if (row.state !== 'running' || trueState(row).state !== 'running') return
  throw new UserError(
    `${row.id}: process ${row.pid ?? '?'} on ${row.host ?? '?'} is writing this run${isMine(row) ? ' (this very process)' : ''}; wait for it to end, or stop it first.`,
  )
}

function begin(database: Database, run: RunIdentity, created: number | undefined, resumeFrom: number | undefined): Entry[] {
  const { host, pid, start } = thisProcess()
  const at = Date.now()
  const segment =
    1 + (database.prepare('SELECT coalesce(max(segment), 0) FROM segments WHERE run = ?').pluck().get(run.id) as number)
  const entries: Entry[] = [
    { entry: 'run', at: created ?? at, ...run },
    { entry: 'segment', segment, from_step: resumeFrom ?? -1, host, pid, pid_start: start, at },
  ]
  openStore(database, run.id).apply(entries)
  return entries
}

export interface Heartbeat {
  /** False once another process has taken the run over. */
  readonly ours: boolean
  readonly stopRequested: boolean
}

/** Says that this process lives and still has the run; brings a run back that others had taken for crashed. */
export function beat(database: Database, id: string): Heartbeat {
  const { host, pid, start } = thisProcess()
  const row = database
    .prepare<[object], { stop_requested: number }>(
      `UPDATE runs SET heartbeat = @at, state = 'running', reason = NULL, ended = NULL
       WHERE id = @id AND host = @host AND pid = @pid AND pid_start = @start RETURNING stop_requested`,
    )
    .get({ id, at: Date.now(), host, pid, start })
  return { ours: row !== undefined, stopRequested: row?.stop_requested === 1 }
}

/** Ends a run as failed whose writer cannot go on. Returns the entries to keep in the journal: none where it is no longer this process's. */
export function abandonRun(database: Database, id: string, reason: string): Entry[] {
  return database
    .transaction(() => {
      const row = rowOf(database, id)
      if (row === undefined || row.state !== 'running' || !isMine(row)) return []
      const end: Entry = { entry: 'end', state: 'failed', reason, at: Date.now() }
      openStore(database, id).apply([end])
      return [end]
    })
    .immediate()
}

function isMine(row: RunRow): boolean {
  const me = thisProcess()
  return row.pid === me.pid && row.pid_start === me.start && row.host === me.host
}

/** Puts runs into the table as `queued` on behalf of this process, which will start them; runs being written are left alone. */
export function enqueueRuns(path: string, runs: readonly RunIdentity[]): void {
  withRuns(path, (database) => {
    for (const run of runs) {
      const row = rowOf(database, run.id)
      if (row !== undefined && trueState(row).state === 'running') continue
      openStore(database, run.id).apply([{ entry: 'run', at: Date.now(), ...run }])
      queue(database, run.id)
    }
  })
}

/** The final state of a run whose process (`pid`) ended without writing one; what the process did write itself is kept. */
export function settleRun(
  path: string,
  run: RunIdentity,
  pid: number | undefined,
  state: 'failed' | 'stopped' | 'crashed',
  reason: string,
): void {
  const at = Date.now()
  const end: Entry = { entry: 'end', state, reason, at }
  const settled = withRuns(path, (database) => {
    const row = rowOf(database, run.id)
    const open = row === undefined || row.state === 'queued' || (row.pid === (pid ?? null) && isOpen(row))
    if (open) openStore(database, run.id).apply(row === undefined ? [{ entry: 'run', at, ...run }, end] : [end])
    return open
  })
  if (settled) addToJournal(join(dirname(path), run.id), [end])
}

function isOpen(row: RunRow): boolean {
  return row.state === 'running' || row.state === 'crashed'
}

function queue(database: Database, id: string): void {
  const { host, pid, start } = thisProcess()
  database
    .prepare(
      `UPDATE runs SET state = 'queued', reason = NULL, ended = NULL, hidden = 0, stop_requested = 0,
         host = @host, pid = @pid, pid_start = @start, heartbeat = @at WHERE id = @id`,
    )
    .run({ id, host, pid, start, at: Date.now() })
}

function rowOf(database: Database, id: string): RunRow | undefined {
  return database.prepare<[string], RunRow>('SELECT * FROM runs WHERE id = ?').get(id)
}

function withRuns<T>(path: string, change: (database: Database) => T): T {
  const database = openDatabase(path)
  try {
    return patiently(() => database.transaction(() => change(database)).immediate())
  } catch (error) {
    throw databaseFailure(path, error)
  } finally {
    database.close()
  }
}
