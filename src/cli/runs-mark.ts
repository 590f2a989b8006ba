// `captune runs hide | show | tag | note | rename | baseline | stop`: what a user says about runs, and the request to stop one.
import { UserError } from '../base/errors.ts'
import { databasePath } from '../recipes/places.ts'
import { hideRun, noteRun, renameRun, requestStop, setBaseline, tagRun } from '../tracking/amend.ts'
import { isUnderWay } from '../tracking/delete-run.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { reading } from './one-run.ts'

const found = (text: string): RunRow => reading((reader) => resolveRun(reader, text))

export function hideRuns(runs: readonly string[]): void {
  for (const { id } of runs.map(found)) {
    hideRun(databasePath(), id)
    console.log(`${id} is hidden; \`captune runs show ${id}\` puts it back.`)
  }
}

export function showRuns(runs: readonly string[]): void {
  for (const { id } of runs.map(found)) {
    hideRun(databasePath(), id, false)
    console.log(`${id} is back.`)
  }
}

/** `off`: takes the tags off. */
export function tagRuns(run: string, tags: readonly string[], off: boolean): void {
  const { id } = found(run)
  for (const tag of tags) tagRun(databasePath(), id, tag.trim(), !off)
  const all = reading((reader) => reader.tags(id))
  console.log(all.length === 0 ? `${id} has no tags.` : `${id} is tagged ${all.join(', ')}.`)
}

/** Without a text the notes there are. */
export function noteOf(run: string, words: readonly string[]): void {
  const { id } = found(run)
  if (words.length > 0) noteRun(databasePath(), id, words.join(' '))
  for (const { at, text } of reading((reader) => reader.notes(id)))
    console.log(`${new Date(at).toISOString().slice(0, 16)}  ${text}`)
}

export function renameTo(run: string, name: string): void {
  const { id } = found(run)
  renameRun(databasePath(), id, name)
  console.log(`${id} is now called ${name}.`)
}

export function makeBaseline(run: string, off: boolean): void {
  const { id, study } = found(run)
  setBaseline(databasePath(), id, !off)
  console.log(off ? `${id} is no longer the baseline of ${study}.` : `${id} is the baseline of ${study}.`)
}

/** UserError where the run is not under way. */
export function stopRun(run: string): void {
  const row = found(run)
  if (!isUnderWay(row)) throw new UserError(`${row.id}: is ${row.state}; only a run under way can be stopped.`)
  requestStop(databasePath(), row.id)
  console.log(`${row.id} saves and stops within seconds; the command that began it goes on from there.`)
}
