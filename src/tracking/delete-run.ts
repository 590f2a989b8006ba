// A run out of the database for good, unless somebody is at it at this very moment.
import { IncompleteError } from '../base/errors.ts'
import { databaseFailure, openDatabase, patiently, type Database } from './database.ts'
import { truthful, type RunRow } from './run-state.ts'

const tables = ['segments', 'metrics', 'summaries', 'config', 'samples', 'artifacts', 'environment', 'tags', 'notes', 'logs']

/** Deletes every row of the run. IncompleteError where it is under way, or a run that needs it is; UserError where the database refuses. */
export function deleteRun(path: string, run: string): void {
  const database = openDatabase(path, { create: false })
  try {
    patiently(() => database.transaction(() => deleteRows(database, run)).immediate())
  } catch (error) {
    throw databaseFailure(path, error)
  } finally {
    database.close()
  }
}

function deleteRows(database: Database, run: string): void {
  const rows = database.prepare<[string, string], RunRow>('SELECT * FROM runs WHERE id = ? OR parent = ?').all(run, run)
  const busy = rows.map((row) => truthful(row)).find(isUnderWay)
  if (busy !== undefined) throw new IncompleteError(`${run} is kept: ${busy.id === run ? 'it' : busy.id} is ${busy.state}.`)
  for (const table of tables) database.prepare(`DELETE FROM ${table} WHERE run = ?`).run(run)
  database.prepare('DELETE FROM runs WHERE id = ?').run(run)
}

/** Whether a process has the run, or will have. The row must be a true one, as readers give it. */
export function isUnderWay({ state }: Pick<RunRow, 'state'>): boolean {
  return state === 'running' || state === 'queued'
}
