// Any metric by any two options: `peft.rank` downwards, `train.lr` across, `val/cider` inside.
import { UserError } from '../base/errors.ts'
import { thousands } from '../tables/format.ts'
import { rank } from '../tables/rank.ts'
import { cell, type Table } from '../tables/table.ts'
import { attemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { rowSource, type TableFacts } from '../tracking/table-facts.ts'
import { spread, spreadText, type Spread } from './spread.ts'

export interface PivotOptions {
  /** Option of the configuration (`peft.rank`), or study, attempt, kind, seed, method. */
  readonly rows: string
  /** Likewise; without it there is one column, the metric's. */
  readonly cols?: string | undefined
  /** `val/cider`, or a fact about the run: `model.trained`. */
  readonly metric: string
}

export interface Pivot extends PivotOptions {
  /** Texts of the heads, sorted: numbers by size. */
  readonly down: readonly string[]
  readonly across: readonly string[]
  /** Of the runs that fall together, row by row; undefined where none does. */
  readonly cells: readonly (Spread | undefined)[]
  /** Everything was scored in equal circumstances. */
  readonly comparable: boolean
}

interface KnownRun {
  readonly run: RunRow
  readonly facts: TableFacts
}

/** UserError where no run has the metric or an option. */
export function pivotOf(reader: Reader, runs: readonly RunRow[], { rows, cols, metric }: PivotOptions): Pivot {
  const known = reader.facts(runs.map(({ id }) => id))
  const all = runs.map((run): KnownRun => ({ run, facts: known.get(run.id)! }))
  const placed = all.flatMap((one) => {
    const value = numberOf(one, metric)
    if (value === undefined) return []
    const { circumstances } = attemptRow(rowSource(one.facts), one.run)
    return [{ row: textOf(one, rows), col: cols === undefined ? metric : textOf(one, cols), value, circumstances }]
  })
  if (placed.length === 0) throw unknownMetric(metric, all)
  if (placed.every(({ row }) => row === nothing)) throw unknownOption(rows, all)
  if (placed.every(({ col }) => col === nothing)) throw unknownOption(cols!, all)
  const [down, across] = [sorted(placed.map(({ row }) => row)), sorted(placed.map(({ col }) => col))]
  const cells = down.flatMap((row) =>
    across.map((col) => spread(placed.filter((its) => its.row === row && its.col === col).map(({ value }) => value))),
  )
  const comparable = metric.includes('/') && new Set(placed.map(({ circumstances }) => circumstances)).size === 1
  return { rows, cols, metric, down, across, cells, comparable }
}

/** Runs that fall into one cell as mean ± sd; the best cell of all is marked where they are comparable. */
export function pivotTable({ rows, cols, metric, down, across, cells, comparable }: Pivot): Table {
  const means = cells.map((its) => its?.mean)
  const best = /loss|seconds|bytes/.test(metric) ? 'lowest' : 'highest'
  const marks = comparable ? rank(means, { best }) : means.map(() => undefined)
  const whole = means.every((mean) => mean === undefined || Number.isInteger(mean))
  const texts = cells.map((its) => (whole ? thousands(its?.mean) : spreadText(its, 3)))
  return {
    columns: [
      { title: cols === undefined ? rows : `${rows} \\ ${cols}` },
      ...across.map((title) => ({ title, align: 'right' as const })),
    ],
    rows: down.map((row, i) => [
      cell(row),
      ...across.map((_, j) => cell(texts[i * across.length + j], marks[i * across.length + j])),
    ]),
  }
}

/** The same as data, with all digits: what JSON gives. */
export function pivotFacts({ rows, cols, metric, down, across, cells }: Pivot): object[] {
  return down.flatMap((row, i) =>
    across.flatMap((col, j) => {
      const its = cells[i * across.length + j]
      return its === undefined ? [] : [{ [rows]: row, ...(cols === undefined ? {} : { [cols]: col }), metric, ...its }]
    }),
  )
}

const nothing = '–'

function textOf({ run, facts }: KnownRun, key: string): string {
  if (key === 'study' || key === 'attempt' || key === 'kind') return run[key]
  if (key === 'seed') return String(run.seed)
  if (key === 'method') return attemptRow(rowSource(facts), run).method
  const value = facts.config[key]
  return value === undefined ? nothing : Array.isArray(value) ? value.join(' ') : String(value)
}

function numberOf({ facts: { summaries, environment } }: KnownRun, metric: string): number | undefined {
  const logged = summaries.get(metric)?.last
  if (logged != null) return logged
  const fact = Number(environment[metric] ?? NaN)
  return Number.isFinite(fact) ? fact : undefined
}

function unknownMetric(metric: string, all: readonly KnownRun[]): UserError {
  const known = new Set(all.flatMap(({ facts }) => [...facts.summaries.keys()]))
  return new UserError(`--metric "${metric}": no run has it; they have ${[...known].sort().join(', ')}.`)
}

function unknownOption(key: string, all: readonly KnownRun[]): UserError {
  const known = new Set(all.flatMap(({ facts }) => Object.keys(facts.config)))
  return new UserError(
    `"${key}": no run has this option; they have study, attempt, seed, method, ${[...known].sort().join(', ')}.`,
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
