// The table of attempts: what was trained, how much of it, how it scored, and whether scores may be compared at all.
import { attemptRow, type AttemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'
import type { Cell, Table } from '../tables/table.ts'
import { durationText } from './progress-line.ts'

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
  return {
    columns: ids ? [{ title: 'run' }, ...columns] : columns,
    rows: rows.map((row) => [
      ...(ids ? [{ text: row.run.id }] : []),
      { text: severalSeeds ? `${row.run.attempt} seed ${row.run.seed}` : row.run.attempt },
      { text: row.method },
      { text: row.trained?.toLocaleString('en-US').replaceAll(',', ' ') ?? '' },
      { text: row.share === undefined ? '' : (100 * row.share).toFixed(1) },
      scoreCell(row, rows, 'cider', 3),
      scoreCell(row, rows, 'clipscore', 3),
      { text: String(row.epoch ?? '') },
      { text: row.lastLoss?.toFixed(3) ?? '' },
      { text: row.seconds === undefined ? '' : durationText(row.seconds) },
      { text: row.captionsPerSecond?.toFixed(0) ?? '' },
      { text: row.run.reason === null ? row.run.state : `${row.run.state}: ${row.run.reason}` },
    ]),
  }
}

function scoreCell(row: AttemptRow, rows: readonly AttemptRow[], score: 'cider' | 'clipscore', digits: number): Cell {
  const value = row[score]
  if (value === undefined) return { text: '' }
  const rivals = rows.filter(({ circumstances }) => circumstances === row.circumstances).flatMap((each) => each[score] ?? [])
  const place = rivals.filter((rival) => rival > value).length
  const text = value.toFixed(digits)
  if (rivals.length < 2 || place > 1) return { text }
  return { text, mark: place === 0 ? 'best' : 'second' }
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
