// What runs left behind, read as the program reads it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { basename, join, relative } from 'node:path'
import { sha256 } from '../../src/base/files.ts'
import { openReader, type Reader } from '../../src/tracking/reader.ts'
import type { RunRow } from '../../src/tracking/run-state.ts'

export function reading<T>(runs: string, read: (reader: Reader) => T): T {
  const reader = openReader(join(runs, 'runs.db'))
  try {
    return read(reader)
  } finally {
    reader.close()
  }
}

/** Every run of the database, oldest first. */
export function rowsOf(runs: string): RunRow[] {
  return reading(runs, (reader) => reader.runs({ hidden: true })).toReversed()
}

/** The only run of the database. */
export function theRun(runs: string): RunRow {
  const rows = rowsOf(runs)
  if (rows.length !== 1) throw new Error(`${rows.length} runs in ${runs}, one is expected`)
  return rows[0]!
}

/** All that training and scoring made of a run: every shown number of every metric, and the files' bytes as hashes. */
export function outcomeOf(runs: string, id: string) {
  const metrics = reading(runs, (reader) =>
    [...reader.summaries(id).keys()].filter(isReproducible).map((metric) => {
      const { steps, values } = reader.series(id, metric)
      return { metric, steps: [...steps], values: [...values] }
    }),
  )
  const files = ['best.safetensors', 'predictions/val.json', 'predictions/subset.json', 'scores/val.csv']
  return { metrics, files: files.map((name) => `${name} ${sha256(readFileSync(join(runs, id, name)))}`) }
}

const isReproducible = (metric: string) => !metric.startsWith('system/') && metric !== 'train/captions_per_second'

/** How often runs were begun or continued, by id. */
export function segmentsOf(runs: string): Record<string, number> {
  return reading(runs, (reader) => Object.fromEntries(reader.runs().map(({ id }) => [id, reader.segments(id).length])))
}

/** Waits until a run has logged the loss of `step`. */
export function untilStep(runs: string, step: number): Promise<void> {
  const wanted = `"name":"train/loss","step":${step},`
  const isLogged = (path: string) => path.endsWith('journal.jsonl') && readFileSync(path, 'utf8').includes(wanted)
  return until(`step ${step}`, () => filesBelow(runs).some(isLogged))
}

/** Waits until a file of that name lies somewhere below `folder`. */
export function untilFile(folder: string, name: string): Promise<void> {
  return until(name, () => filesBelow(folder).some((path) => basename(path) === name))
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 15_000; i++) {
    if (isSo()) return
    await after(10)
  }
  throw new Error(`${what} never came`)
}

/** SHA-256 by path of all files below a folder. */
export function bytesBelow(folder: string): Record<string, string> {
  return Object.fromEntries(filesBelow(folder).map((path) => [relative(folder, path), sha256(readFileSync(path))]))
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
