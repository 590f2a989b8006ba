// Runs that may go: which of them, what keeps the others, and how much of the disk their folders hold.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import { deleteRun, isUnderWay } from '../tracking/delete-run.ts'
import { journalFile } from '../tracking/journal.ts'
import type { Reader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { databasePath, runFolder } from './places.ts'

/** A run goes where all that is given holds for it. */
export interface PruneChoice {
  /** RUN arguments. */
  readonly named: readonly string[]
  readonly hidden?: boolean | undefined
  /** Failed or crashed. */
  readonly failed?: boolean | undefined
  /** Days since it ended. */
  readonly older?: number | undefined
}

export interface ChosenRun {
  readonly run: RunRow
  /** Of its folder, on disk. */
  readonly bytes: number
  /** Why it stays although it was chosen. */
  readonly keep: string | undefined
}

const day = 86_400_000

/** The runs that `choice` means, the oldest first. UserError where it says nothing or a name is that of no run. */
export function chosenRuns(reader: Reader, { named, hidden, failed, older }: PruneChoice): ChosenRun[] {
  if (named.length === 0 && hidden !== true && failed !== true && older === undefined)
    throw new UserError('captune runs prune: nothing was chosen; name runs, --hidden, --failed or --older DAYS.')
  const names = new Set(named.map((text) => resolveRun(reader, text).id))
  const all = reader.runs({ hidden: true })
  const chosen = all.filter(
    (run) =>
      (names.size === 0 || names.has(run.id)) &&
      (hidden !== true || run.hidden === 1) &&
      (failed !== true || run.state === 'failed' || run.state === 'crashed') &&
      (older === undefined || Date.now() - (run.ended ?? run.heartbeat ?? run.created) >= older * day),
  )
  return chosen
    .toReversed()
    .map((run) => ({ run, bytes: bytesBelow(runFolder(run.id)), keep: reasonToKeep(reader, run, names.has(run.id), all) }))
}

/** What is under way always stays; what somebody has marked as wanted goes only by its name. */
function reasonToKeep(reader: Reader, run: RunRow, isNamed: boolean, all: readonly RunRow[]): string | undefined {
  if (isUnderWay(run)) return `it is ${run.state}`
  const child = all.find((other) => other.parent === run.id && isUnderWay(other))
  if (child !== undefined) return `${child.id}, which is ${child.state}, needs it`
  if (isNamed) return undefined
  if (run.baseline === 1) return `it is the baseline of ${run.study}`
  return reader.tags(run.id).includes('final') ? 'it is tagged "final"' : undefined
}

function bytesBelow(folder: string): number {
  if (!existsSync(folder)) return 0
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, file) => sum + (statSync(join(file.parentPath, file.name), { throwIfNoEntry: false })?.size ?? 0), 0)
}

/** Deletes a run: its rows, then its folder. IncompleteError where it has begun in the meantime. */
export function pruneRun(id: string): void {
  deleteRun(databasePath(), id)
  const folder = runFolder(id)
  try {
    rmSync(journalFile(folder), { force: true }) // first: a folder half deleted must not come back with `captune db rebuild`
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    throw writeFailure(folder, error)
  }
}
