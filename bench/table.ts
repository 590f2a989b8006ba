// Rows of one part as a table for a terminal; a column that says nothing about any of them is left out.
import { duration } from '../src/tables/format.ts'
import { plain } from '../src/tables/plain.ts'
import type { Row, Skipped } from './rows.ts'

interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
  readonly text: (row: Row) => string
}

const columns: readonly Column[] = [
  { title: 'who', align: 'left', text: ({ who }) => who },
  { title: 'median', align: 'right', text: ({ median_ms }) => milliseconds(median_ms) },
  { title: 'fastest', align: 'right', text: ({ fastest_ms }) => milliseconds(fastest_ms) },
  {
    title: 'processor',
    align: 'right',
    text: ({ processor_ms }) => (processor_ms === undefined ? '' : milliseconds(processor_ms)),
  },
  { title: '99 %', align: 'right', text: ({ p99_ms }) => (p99_ms === undefined ? '' : milliseconds(p99_ms)) },
  { title: 'rate', align: 'right', text: ({ rate }) => (rate ? `${significant(rate.value)} ${rate.unit}` : '') },
  { title: 'peak memory', align: 'right', text: ({ peak_bytes }) => (peak_bytes === undefined ? '' : gibibytes(peak_bytes)) },
  {
    title: 'captune takes',
    align: 'right',
    text: ({ captune_takes: times }) => (times === undefined ? '' : `${times.toFixed(2)} x`),
  },
]

/** Lines without a final line end. Who was skipped follows below, with the reason. */
export function tableOf(rows: readonly (Row | Skipped)[]): string {
  const measured = rows.filter((row): row is Row => !('skipped' in row))
  const skipped = rows.filter((row) => 'skipped' in row)
  return [
    ...(measured.length > 0 ? [measuredTable(measured)] : []),
    ...skipped.map(({ what, who, skipped: reason }) => `not measured: ${[what, who].filter(Boolean).join(', ')}: ${reason}`),
  ].join('\n')
}

function measuredTable(rows: readonly Row[]): string {
  const telling = columns.filter(({ text }) => rows.some((row) => text(row) !== ''))
  const cells = rows.map((row, i) => {
    const what = rows[i - 1]?.what === row.what ? '' : row.what
    return [what, ...telling.map(({ text }) => text(row))].map((text) => ({ text }))
  })
  return plain({ columns: [{ title: 'what' }, ...telling], rows: cells })
}

/** `6 min 05 s`, `2310 ms`, `12.3 ms`, `1.2 µs`. */
function milliseconds(value: number): string {
  if (value >= 60_000) return duration(value / 1000)
  return value < 0.1 ? `${significant(value * 1000)} µs` : `${significant(value)} ms`
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`
}

/** Three digits that count, more only where the whole number has more. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()
}
