// Any metric by any two options: `peft.rank` downwards, `train.lr` across, `val/cider` inside.
import { UserError } from '../base/errors.ts'
import { thousands } from '../tables/format.ts'
import { rank } from '../tables/rank.ts'
import { cell, type Table } from '../tables/table.ts'
import { attemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { spread, spreadText, type Spread } from './spread.ts'

export interface PivotOptions {
  /** Option of the configuration (`peft.rank`), or study, attempt, kind, seed, method. */
  readonly rows: string
  /** Likewise; without it there is one column, the metric's. */
  readonly cols?: string | undefined
  /** `val/cider`, or a fact about the run: `model.trained`. */
  readonly metric: string
}

interface Placed {
  readonly row: string
  readonly col: string
  readonly value: number | undefined
  readonly circumstances: string
}

/** Runs that fall into one cell are averaged, mean ± sd; the best cell of all is marked where everything was scored in equal circumstances. */
export function pivot(reader: Reader, runs: readonly RunRow[], { rows, cols, metric }: PivotOptions): Table {
  const all = runs.map((run): Placed => {
    const read = valueReader(reader, run)
    return {
      row: read(rows),
      col: cols === undefined ? metric : read(cols),
      value: numberOf(reader, run, metric),
      circumstances: attemptRow(reader, run).circumstances,
    }
  })
  const placed = all.filter(({ value }) => value !== undefined)
  requireKnown(reader, runs, placed, { rows, cols, metric })
  const [down, across] = [sorted(placed.map(({ row }) => row)), sorted(placed.map(({ col }) => col))]
  const cells = down.flatMap((row) =>
    across.map((col) => spread(placed.filter((its) => its.row === row && its.col === col).map(({ value }) => value))),
  )
  const comparable = metric.includes('/') && new Set(placed.map(({ circumstances }) => circumstances)).size === 1
  const means = cells.map((its) => its?.mean)
  const best = /loss|seconds|bytes/.test(metric) ? 'lowest' : 'highest'
  const marks = comparable ? rank(means, { best }) : means.map(() => undefined)
  const whole = means.every((mean) => mean === undefined || Number.isInteger(mean))
  const textOf = (value: Spread | undefined) => (whole ? thousands(value?.mean) : spreadText(value, 3))
  return {
    columns: [
      { title: cols === undefined ? rows : `${rows} \\ ${cols}` },
      ...across.map((title) => ({ title, align: 'right' as const })),
    ],
    rows: down.map((row, i) => [
      cell(row),
      ...across.map((_, j) => cell(textOf(cells[i * across.length + j]), marks[i * across.length + j])),
    ]),
  }
}

function valueReader(reader: Reader, run: RunRow): (key: string) => string {
  const config = reader.config(run.id)
  return (key) => {
    if (key === 'study' || key === 'attempt' || key === 'kind') return run[key]
    if (key === 'seed') return String(run.seed)
    if (key === 'method') return attemptRow(reader, run).method
    const value = config[key]
    return value === undefined ? '–' : Array.isArray(value) ? value.join(' ') : String(value)
  }
}

function numberOf(reader: Reader, run: RunRow, metric: string): number | undefined {
  const logged = reader.summaries(run.id).get(metric)?.last
  if (logged != null) return logged
  const fact = Number(reader.environment(run.id)[metric] ?? NaN)
  return Number.isFinite(fact) ? fact : undefined
}

function requireKnown(
  reader: Reader,
  runs: readonly RunRow[],
  placed: readonly Placed[],
  { rows, cols, metric }: PivotOptions,
): void {
  if (placed.length === 0) {
    const known = new Set(runs.flatMap(({ id }) => [...reader.summaries(id).keys()]))
    throw new UserError(`--metric "${metric}": no run has it; they have ${[...known].sort().join(', ')}.`)
  }
  const nowhere = [rows, cols].find((key, i) => key !== undefined && placed.every((its) => (i === 0 ? its.row : its.col) === '–'))
  if (nowhere === undefined) return
  const known = new Set(runs.flatMap(({ id }) => Object.keys(reader.config(id))))
  throw new UserError(
    `"${nowhere}": no run has this option; they have study, attempt, seed, method, ${[...known].sort().join(', ')}.`,
  )
}

/** Distinct; numbers by size, before words. */
function sorted(texts: readonly string[]): string[] {
  const order = new Intl.Collator('en', { numeric: true })
  const size = (text: string) => (text.trim() === '' ? NaN : Number(text))
  return [...new Set(texts)].sort((a, b) => {
    const [x, y] = [size(a), size(b)]
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || order.compare(a, b)
    return x - y
  })
}
