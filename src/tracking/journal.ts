// A run's journal.jsonl: every entry as a line, appended before the database sees it. It is what the database can be rebuilt from,
// and the safe copy where the folder is on a network drive.
import { appendFileSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { writeFailure } from '../base/files.ts'
import type { Entry } from './entries.ts'

export interface Journal {
  append(entries: readonly Entry[]): void
  close(): void
}

export const journalFile = (folder: string): string => join(folder, 'journal.jsonl')

/**
 * Opens (or makes) the journal in `folder`. A line that a killed process left half written is ended by the first append, in the same
 * write: where that line was a living process's after all, this leaves no more than an empty line between its and ours.
 */
export function openJournal(folder: string): Journal {
  const path = journalFile(folder)
  const guarded = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      throw writeFailure(path, error)
    }
  }
  const file = guarded(() => {
    mkdirSync(folder, { recursive: true })
    return openSync(path, 'a+')
  })
  let before = endsMidLine(file) ? '\n' : ''
  function append(entries: readonly Entry[]): void {
    guarded(() => appendFileSync(file, before + entries.map((entry) => `${line(entry)}\n`).join('')))
    before = ''
  }
  return { append, close: () => closeSync(file) }
}

/** Adds entries to the journal of a run that another process may be writing; a run without a folder has none. */
export function addToJournal(folder: string, entries: readonly Entry[]): void {
  if (!existsSync(folder)) return
  const journal = openJournal(folder)
  journal.append(entries)
  journal.close()
}

function endsMidLine(file: number): boolean {
  const { size } = fstatSync(file)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
}

/** An entry as one line of JSON; NaN and the infinities, which JSON lacks, as the strings `NaN`, `Infinity`, `-Infinity`. */
function line(entry: Entry): string {
  if (entry.entry !== 'metric' || Number.isFinite(entry.value)) return JSON.stringify(entry)
  return JSON.stringify({ ...entry, value: String(entry.value) })
}
