// Small writes about a run from outside its process: what the user marks, and scores that are computed later. They change no state and
// take no heartbeat, and they go into the journal like everything else.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { databaseFailure, openDatabase, patiently, type Database } from './database.ts'
import type { Entry } from './entries.ts'
import { addToJournal } from './journal.ts'
import { openStore } from './store.ts'

/**
 * Adds entries to a run: `evaluate` records the scores of a run that is finished. Metrics join the newest segment. Throws UserError
 * where the run or the database is missing or cannot be written.
 */
export function amendRun(path: string, run: string, entries: readonly Entry[]): void {
  changeRun(path, run, (database) => openStore(database, run).apply(entries))
  addToJournal(folderOf(path, run), entries)
}

/** A run's folder lies beside the database. */
const folderOf = (path: string, run: string): string => join(dirname(path), run)

/** Asks the run's process to save and stop; it notices within about 2 s. */
export function requestStop(path: string, run: string): void {
  changeRun(path, run, (database) => database.prepare('UPDATE runs SET stop_requested = 1 WHERE id = ?').run(run))
}

/** Takes the run out of lists and studies (a hidden run is not done), or puts it back. */
export function hideRun(path: string, run: string, hidden = true): void {
  amendRun(path, run, [{ entry: 'hidden', on: hidden }])
}

/** Makes the run the one that others of its study are compared with, in place of the one that was; or no longer. */
export function setBaseline(path: string, run: string, on = true): void {
  const marks = new Map<string, Entry>([[run, { entry: 'baseline', on }]])
  changeRun(path, run, (database) => {
    for (const other of on ? otherBaselines(database, run) : []) marks.set(other, { entry: 'baseline', on: false })
    for (const [id, mark] of marks) openStore(database, id).apply([mark])
  })
  for (const [id, mark] of marks) addToJournal(folderOf(path, id), [mark])
}

function otherBaselines(database: Database, run: string): string[] {
  const others = 'SELECT id FROM runs WHERE baseline = 1 AND id <> @run AND study = (SELECT study FROM runs WHERE id = @run)'
  return database.prepare(others).pluck().all({ run }) as string[]
}

export function renameRun(path: string, run: string, name: string): void {
  amendRun(path, run, [{ entry: 'name', name }])
}

/** Puts a tag on the run, or takes it off. */
export function tagRun(path: string, run: string, tag: string, on = true): void {
  amendRun(path, run, [{ entry: 'tag', tag, on }])
}

export function noteRun(path: string, run: string, text: string): void {
  amendRun(path, run, [{ entry: 'note', text, at: Date.now() }])
}

function changeRun(path: string, run: string, change: (database: Database) => void): void {
  if (!existsSync(path)) throw new UserError(`${path}: there is no such database, so no run "${run}".`)
  const database = openDatabase(path)
  try {
    patiently(() => database.transaction(() => changeKnown(database, path, run, change)).immediate())
  } catch (error) {
    throw databaseFailure(path, error)
  } finally {
    database.close()
  }
}

function changeKnown(database: Database, path: string, run: string, change: (database: Database) => void): void {
  const known = database.prepare('SELECT 1 FROM runs WHERE id = ?').get(run) !== undefined
  if (!known) throw new UserError(`${path}: there is no run "${run}".`)
  change(database)
}
