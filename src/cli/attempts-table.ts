// The table of attempts: what was trained, how much of it, how it scored, and whether scores may be compared at all.
import { attemptRow, type AttemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { duration, fixed, thousands } from '../tables/format.ts'
import { rank } from '../tables/rank.ts'
import type { Cell, Table } from '../tables/table.ts'

const columns = [
  { title: 'attempt' },
  { title: 'PEFT' },
  { title: 'trained', align: 'right' },
  { title: '%', align: 'right' },
  { title: 'CIDEr', align: 'right' },
  { title: 'CLIPScore', align: 'right' },
  { title: 'epoch', align: 'right' },
  { title: 'loss', align: 'right' },
  { title: 'time', align: 'right' },
  { title: 'captions/s', align: 'right' },
  { title: 'state' },
] as const

/** One row for each run. The best and second best score are marked among rows that were scored in equal circumstances. */
export function attemptsTable(reader: Reader, runs: readonly RunRow[], { ids = false } = {}): Table {
  const rows = runs.map((run) => attemptRow(reader, run))
  const severalSeeds = new Set(runs.map(({ seed }) => seed)).size > 1
  const cider = scoreCells(rows, 'cider')
  const clipscore = scoreCells(rows, 'clipscore')
  return {
    columns: ids ? [{ title: 'run' }, ...columns] : columns,
    rows: rows.map((row, i) => [
      ...(ids ? [{ text: row.run.id }] : []),
      { text: severalSeeds ? `${row.run.attempt} seed ${row.run.seed}` : row.run.attempt },
      { text: row.method },
      { text: thousands(row.trained) },
      { text: fixed(row.share === undefined ? undefined : 100 * row.share, 1) },
      cider[i]!,
      clipscore[i]!,
      { text: fixed(row.epoch, 0) },
      { text: fixed(row.lastLoss, 3) },
      { text: duration(row.seconds) },
      { text: fixed(row.captionsPerSecond, 0) },
      { text: row.run.reason === null ? row.run.state : `${row.run.state}: ${row.run.reason}` },
    ]),
  }
}

function scoreCells(rows: readonly AttemptRow[], score: 'cider' | 'clipscore'): Cell[] {
  const values = rows.map((row) => row[score])
  const marks = rank(values, { groups: rows.map(({ circumstances }) => circumstances) })
  return values.map((value, i) => ({ text: fixed(value, 3), ...(marks[i] === undefined ? {} : { mark: marks[i] }) }))
}

/** A sentence under the table: what the scores were measured on, or that they must not be ranked. */
export function scoredOn(reader: Reader, runs: readonly RunRow[]): string {
  const scored = runs.map((run) => attemptRow(reader, run)).filter(({ cider }) => cider !== undefined)
  const kinds = [...new Set(scored.map(({ circumstances }) => circumstances))]
  if (kinds.length === 0) return ''
  if (kinds.length > 1)
    return `Scores of ${kinds.length} kinds, marked apart because they cannot be ranked together:\n${kinds.map((kind) => `  ${kind}`).join('\n')}`
  return `Scored once on all ${scored[0]?.images ?? '?'} validation images (${shortened(kinds[0] ?? '')}).`
}

function shortened(circumstances: string): string {
  return circumstances.replace(/[0-9a-f]{24,}/g, (hash) => hash.slice(0, 8))
}
