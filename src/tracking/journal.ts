// A run's journal.jsonl: every entry as a line, appended before the database sees it. It is what the database can be rebuilt from,
// and the safe copy where the folder is on a network drive.
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { writeFailure } from '../base/files.ts'
import type { Entry } from './entries.ts'

export interface Journal {
  append(entries: readonly Entry[]): void
  close(): void
}

/** Opens (or makes) the journal in `folder`; a line that a killed process left half written is ended first. */
export function openJournal(folder: string): Journal {
  const path = join(folder, 'journal.jsonl')
  const guarded = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      throw writeFailure(path, error)
    }
  }
  const file = guarded(() => {
    mkdirSync(folder, { recursive: true })
    const opened = openSync(path, 'a+')
    if (endsMidLine(opened)) writeSync(opened, '\n')
    return opened
  })
  return {
    append: (entries) => guarded(() => appendFileSync(file, entries.map((entry) => `${line(entry)}\n`).join(''))),
    close: () => closeSync(file),
  }
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
