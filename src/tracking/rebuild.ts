// The database out of the journals in the runs' folders: the same rows as those that the runs' processes wrote. All of it is one
// transaction, so that a reader sees the old rows or the new ones; what was there before is kept beside as a backup.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { databaseFailure, isDamage, openDatabase, patiently, type Database } from './database.ts'
import type { Entry } from './entries.ts'
import { journalFile } from './journal.ts'
import { keepCopy } from './migrations.ts'
import { readJournal } from './read-journal.ts'
import { reconciled, trueState, type RunRow } from './run-state.ts'
import { openStore } from './store.ts'

export interface Rebuilt {
  readonly runs: number
  readonly points: number
  /** Runs whose journal has lines that are no entries: half a line of a killed process, a damaged disk. Lines count from 1. */
  readonly damaged: readonly { readonly run: string; readonly lines: readonly number[]; readonly mended: readonly string[] }[]
  /** Folders that look like a run's and are none, each with the reason. */
  readonly leftOut: readonly { readonly folder: string; readonly reason: string }[]
  /** Runs that the old database had and no folder has. */
  readonly withoutFolder: readonly string[]
  /** Runs of which the old database had more than their journal: what came by a merge, for a start. */
  readonly knewMore: readonly string[]
  /** Where the old database is now; undefined where there was none. */
  readonly backup: string | undefined
}

export interface RebuildOptions {
  /** The folder that holds the runs' folders. */
  readonly from: string
  /** The database to be made, or made anew. */
  readonly to: string
  /** What other files of a run's folder know that its damaged journal has lost, given the tables that have rows of the run. */
  readonly mend?: (folder: string, known: KnownOfRun) => readonly Entry[]
}

/** What the rebuilt database already has of a run. */
export interface KnownOfRun {
  readonly config: boolean
  /** Splits that have captions. */
  readonly splits: ReadonlySet<string>
  /** Paths of files on record. */
  readonly artifacts: ReadonlySet<string>
  /** The last step of a metric. */
  readonly lastStep: (metric: string) => number | undefined
}

/** Rebuilds the database. UserError where there is no such folder, a run is under way or the disk refuses; nothing is changed then. */
export function rebuildDatabase({ from, to, mend = () => [] }: RebuildOptions): Rebuilt {
  if (!existsSync(from))
    throw new UserError(`${from}: there is no such folder; the folder that holds the runs' folders is needed.`)
  const live = resolve(dirname(to)) === resolve(from)
  const backup = keepOld(to, live)
  const database = openDatabase(to)
  try {
    const rebuilt = patiently(() => database.transaction(() => refilled(database, { from, to, live, mend })).immediate())
    return { ...rebuilt, backup: backup?.path }
  } catch (error) {
    database.close()
    backup?.undo()
    throw databaseFailure(to, error)
  } finally {
    database.close()
  }
}

interface Backup {
  readonly path: string
  /** The database is as it was, and the backup gone. */
  readonly undo: () => void
}

/** A healthy database is copied, for others may have it open; a damaged file is moved away. */
function keepOld(path: string, live: boolean): Backup | undefined {
  if (!existsSync(path)) return undefined
  const backup = `${path}.${new Date().toISOString().slice(0, 23).replace(/[:.]/g, '-')}.backup`
  if (copied(path, backup, live)) return { path: backup, undo: () => rmSync(backup) }
  moveDatabase(path, backup)
  return { path: backup, undo: () => moveDatabase(backup, path) }
}

function copied(path: string, backup: string, live: boolean): boolean {
  try {
    const database = openDatabase(path)
    try {
      if (live) refuseWhileUnderWay(database, path)
      const isWhole = database.pragma('quick_check(1)', { simple: true }) === 'ok'
      if (isWhole) keepCopy(database, backup)
      return isWhole
    } finally {
      database.close()
    }
  } catch (error) {
    if (isDamage(error)) return false
    throw databaseFailure(path, error)
  }
}

function moveDatabase(from: string, to: string): void {
  for (const part of ['', '-wal', '-shm']) {
    rmSync(to + part, { force: true })
    if (existsSync(from + part)) renameSync(from + part, to + part)
  }
}

/** A process writes on into the database that it has open: of the one beside the runs' folders nobody may be such a process. */
function refuseWhileUnderWay(database: Database, path: string): void {
  const open = database.prepare<[], RunRow>(`SELECT * FROM runs WHERE state IN ('running', 'queued')`).all()
  const running = open.filter((row) => trueState(row).state === row.state).map(({ id }) => id)
  if (running.length === 0) return
  throw new UserError(
    `${path}: ${running.slice(0, 3).join(', ')}${running.length > 3 ? ` and ${running.length - 3} more` : ''} under way; wait for the end, or rebuild into another file.`,
  )
}

const tables = [
  ...['runs', 'segments', 'metrics', 'summaries', 'config', 'images', 'references', 'samples'],
  ...['artifacts', 'environment', 'tags', 'notes', 'logs'],
]

function refilled(
  database: Database,
  { from, to, live, mend }: Required<RebuildOptions> & { readonly live: boolean },
): Omit<Rebuilt, 'backup'> {
  const before = sizesOf(database)
  for (const table of tables) database.exec(`DELETE FROM "${table}"`)
  const leftOut: { folder: string; reason: string }[] = []
  const journals = inOrder(from, leftOut)
  const damaged = journals.flatMap(({ id, folder }) => {
    const lines = replay(database, id, folder)
    if (lines.length === 0) return []
    const entries = mend(folder, knownOf(database, id))
    openStore(database, id).apply(entries)
    return [{ run: id, lines, mended: [...new Set(entries.map(({ entry }) => entry))] }]
  })
  if (live) refuseWhileUnderWay(database, to)
  reconciled(database)
  const now = sizesOf(database)
  const points = database.prepare('SELECT count(*) FROM metrics').pluck().get() as number
  const withoutFolder = [...before.keys()].filter((id) => !now.has(id))
  const knewMore = [...before].flatMap(([id, rows]) => (rows > (now.get(id) ?? Infinity) ? [id] : []))
  return { runs: now.size, points, damaged, leftOut, withoutFolder, knewMore }
}

/** How many rows each run has. */
function sizesOf(database: Database): Map<string, number> {
  const counts = ['segments', 'metrics', 'samples', 'artifacts', 'tags', 'notes', 'logs'].map((table) => `(SELECT count(*) FROM ${table} WHERE run = id)`) // prettier-ignore
  return new Map(
    database
      .prepare<[], [string, number]>(`SELECT id, ${counts.join(' + ')} FROM runs ORDER BY created, rowid`)
      .raw()
      .all(),
  )
}

interface RunJournal {
  readonly id: string
  readonly folder: string
  readonly created: number
}

/** The journals that can be replayed, the oldest run first. */
function inOrder(from: string, leftOut: { folder: string; reason: string }[]): RunJournal[] {
  const names = readdirSync(from, { withFileTypes: true }).filter((item) => item.isDirectory()).map(({ name }) => name) // prettier-ignore
  const journals = names.flatMap((name) => {
    const folder = join(from, name)
    if (!existsSync(journalFile(folder))) {
      if (existsSync(join(folder, 'config.yaml'))) leftOut.push({ folder, reason: 'it has no journal.jsonl' })
      return []
    }
    const run = identityIn(folder)
    if (run?.id === name) return [{ id: run.id, folder, created: run.at }]
    leftOut.push({
      folder,
      reason: run === undefined ? 'its journal does not say which run it is' : `its journal is that of ${run.id}`,
    })
    return []
  })
  return journals.toSorted((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))
}

function identityIn(folder: string): Extract<Entry, { entry: 'run' }> | undefined {
  for (const entry of readJournal(journalFile(folder), () => undefined)) if (entry.entry === 'run') return entry
  return undefined
}

const batch = 10_000 // entries in memory at a time

/** Applies a run's journal; returns the numbers of its damaged lines. */
function replay(database: Database, id: string, folder: string): number[] {
  const store = openStore(database, id)
  const damaged: number[] = []
  let entries: Entry[] = []
  let last = 0
  for (const entry of readJournal(journalFile(folder), (line) => damaged.push(line))) {
    if (entry.entry === 'run' && entry.id !== id) continue
    if ('at' in entry) last = Math.max(last, entry.at)
    if (entries.push(entry) === batch) {
      store.apply(entries)
      entries = []
    }
  }
  store.apply(entries)
  // A run that was never ended has given its last sign of life with its last entry.
  database.prepare(`UPDATE runs SET heartbeat = ? WHERE id = ? AND state = 'running'`).run(last, id)
  return damaged
}

function knownOf(database: Database, run: string): KnownOfRun {
  const column = (sql: string) => database.prepare(sql).pluck().all(run) as string[]
  const step = database.prepare('SELECT last_step FROM summaries WHERE run = ? AND metric = ?').pluck()
  return {
    config: column('SELECT 1 FROM config WHERE run = ? LIMIT 1').length > 0,
    splits: new Set(column('SELECT DISTINCT split FROM samples WHERE run = ?')),
    artifacts: new Set(column('SELECT path FROM artifacts WHERE run = ?')),
    lastStep: (metric) => (step.get(run, metric) ?? undefined) as number | undefined,
  }
}
