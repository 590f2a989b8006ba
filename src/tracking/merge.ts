// Runs of another database into this one, by their ids. Doing it twice changes nothing, what is older never replaces what is newer, and
// where both tell different things of one run, ours stays and the run is named.
import { existsSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { databaseFailure, openDatabase, openForReading, patiently, type Database } from './database.ts'
import { copier, copyReferences, gathered, made, type Copier, type MadeTable } from './merge-rows.ts'
import { truthful, type RunRow } from './run-state.ts'
import { openSeries } from './summaries.ts'

export interface Merged {
  /** Ids of runs that were not here. */
  readonly added: readonly string[]
  /** Those that went on over there and are now as they are there. */
  readonly updated: readonly string[]
  /** Those that were here, with notes, tags, log lines or scores that were not. */
  readonly completed: readonly string[]
  /** Those that were here as they are. */
  readonly unchanged: number
  /** Same id, another content. */
  readonly conflicts: readonly { readonly run: string; readonly reason: string }[]
  /** Those under way here or there. */
  readonly underWay: readonly string[]
}

/** Merges the database at `other` into the one at `path`, all of it or nothing. UserError where either cannot be read or written. */
export function mergeDatabase(path: string, other: string): Merged {
  if (!existsSync(other)) throw new UserError(`${other}: there is no such database.`)
  const theirs = openForReading(other)
  try {
    const ours = openDatabase(path)
    try {
      return patiently(() => ours.transaction(() => mergeRuns(ours, theirs)).immediate())
    } catch (error) {
      throw databaseFailure(path, error)
    } finally {
      ours.close()
    }
  } finally {
    theirs.close()
  }
}

type Outcome = 'added' | 'updated' | 'completed' | 'unchanged' | 'underWay' | { readonly conflict: string }

function mergeRuns(ours: Database, theirs: Database): Merged {
  const known = ours.prepare<[string], RunRow>('SELECT * FROM runs WHERE id = ?')
  const copy = copier(ours, theirs)
  const outcomes = runsOf(theirs).map((row): [string, Outcome] => {
    const own = known.get(row.id)
    const outcome = own === undefined ? addedRun(row, copy) : mergedRun(truthful(own), row, { ours, theirs, copy })
    return [row.id, outcome]
  })
  copyReferences(ours, theirs)
  const ids = (which: Outcome) => outcomes.flatMap(([id, outcome]) => (outcome === which ? [id] : []))
  return {
    added: ids('added'),
    updated: ids('updated'),
    completed: ids('completed'),
    unchanged: ids('unchanged').length,
    conflicts: outcomes.flatMap(([run, outcome]) => (typeof outcome === 'object' ? [{ run, reason: outcome.conflict }] : [])),
    underWay: ids('underWay'),
  }
}

const runsOf = (database: Database): RunRow[] =>
  database
    .prepare<[], RunRow>('SELECT * FROM runs ORDER BY created, rowid')
    .all()
    .map((row) => truthful(row))

const isUnderWay = ({ state }: RunRow): boolean => state === 'running' || state === 'queued'

function addedRun(row: RunRow, copy: Copier): Outcome {
  if (isUnderWay(row)) return 'underWay'
  copy.run(row)
  for (const table of [...made, ...gathered, 'summaries'] as const) copy.replace(table, row.id)
  return 'added'
}

interface Both {
  readonly ours: Database
  readonly theirs: Database
  readonly copy: Copier
}

function mergedRun(own: RunRow, row: RunRow, both: Both): Outcome {
  if (isUnderWay(own) || isUnderWay(row)) return 'underWay'
  const conflict = conflictOf(own, row, both)
  if (conflict !== undefined) return { conflict }
  const newer = isAhead(row, own, both)
  if (newer) {
    both.copy.state(row)
    for (const table of made) both.copy.replace(table, row.id)
  }
  const gained = gathered.map((table) => both.copy.join(table, row.id)).some((changes) => changes > 0)
  if (newer || gained) openSeries(both.ours, row.id).summariseAgain()
  return newer ? 'updated' : gained ? 'completed' : 'unchanged'
}

interface Segment {
  readonly segment: number
  readonly from_step: number
  readonly host: string
  readonly pid: number
  readonly started: number
}

function segmentsOf(database: Database, run: string): Segment[] {
  return database
    .prepare<[string], Segment>('SELECT segment, from_step, host, pid, started FROM segments WHERE run = ? ORDER BY segment')
    .all(run)
}

/** Both may have the same beginning and one may have gone on; nothing else is the same run. */
function conflictOf(own: RunRow, row: RunRow, { ours, theirs }: Both): string | undefined {
  if (own.config_hash !== row.config_hash) return 'its configuration, data or weights are others there'
  const [mine, other] = [segmentsOf(ours, own.id), segmentsOf(theirs, row.id)]
  const shared = Math.min(mine.length, other.length)
  const apart = mine.slice(0, shared).findIndex((segment, i) => JSON.stringify(segment) !== JSON.stringify(other[i]))
  if (apart !== -1) return `it was ${apart === 0 ? 'begun' : 'continued'} there by another process, ${placeOf(other[apart]!)}`
  if (mine.length !== other.length || lastSign(own) !== lastSign(row)) return undefined
  const table = made.find((name) => contentOf(ours, name, own.id) !== contentOf(theirs, name, own.id))
  return table === undefined ? undefined : `its ${table} differ, and neither is newer`
}

const placeOf = ({ host, started }: Segment): string => `on ${host} at ${new Date(started).toISOString()}`

function contentOf(database: Database, table: MadeTable, run: string): string {
  const rows = database.prepare(`SELECT * FROM ${table} WHERE run = ? ORDER BY 1, 2, 3`).raw().all(run)
  return JSON.stringify(table === 'segments' ? rows.length : rows)
}

function isAhead(row: RunRow, own: RunRow, { ours, theirs }: Both): boolean {
  const further = segmentsOf(theirs, row.id).length - segmentsOf(ours, own.id).length
  return further > 0 || (further === 0 && lastSign(row) > lastSign(own))
}

/** When the run was last heard of. */
const lastSign = ({ ended, heartbeat, started, created }: RunRow): number =>
  Math.max(ended ?? 0, heartbeat ?? 0, started ?? 0, created)
