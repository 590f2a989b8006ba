// The rows of the table of runs: filtered, grouped, in order. Derived once for each change of them, not for each frame.
import type { Attempt } from '../data/attempts.ts'
import { groupSeeds } from '../data/groups.ts'
import type { Model } from '../model.ts'
import { optionFinder } from '../query/fields.ts'
import { matches } from '../query/match.ts'
import { parseQuery, type Query } from '../query/parse.ts'
import { remembering } from '../remember.ts'
import { columnNamed } from './runs-columns.ts'
import type { RunsRow } from './runs-row.ts'
import type { RunsState } from './runs-state.ts'

export interface ShownRows {
  readonly rows: readonly RunsRow[]
  /** The same rows in no order: what does not depend on the order is derived from them, and not again when it changes. */
  readonly unordered: readonly RunsRow[]
  /** Runs before the filter. */
  readonly of: number
  /** Why the filter cannot be understood; nothing is left out then. */
  readonly problem: string | undefined
}

/** The rows as they stand in the table. */
export function shownRows({ attempts, runs }: Pick<Model, 'attempts' | 'runs'>): ShownRows {
  const query = queryOf(attempts, runs.filter)
  return ordered(grouped(filtered(attempts, query), runs.grouped), runs.sort, attempts.length, query)
}

/** The place of the cursor: its row, or the first. */
export function cursorIn(rows: readonly RunsRow[], cursor: string | undefined): number {
  return Math.max(
    0,
    rows.findIndex(({ key }) => key === cursor),
  )
}

/** The run that the cursor is on. */
export function runAtCursor(model: Model): Attempt | undefined {
  const { rows } = shownRows(model)
  return rows[cursorIn(rows, model.runs.cursor)]?.attempt
}

const finder = remembering(optionFinder)

const queryOf = remembering((attempts: readonly Attempt[], filter: string): Query =>
  filter.trim() === '' ? { terms: [] } : parseQuery(filter, (name) => finder(attempts)(name)),
)

const filtered = remembering((attempts: readonly Attempt[], query: Query): readonly Attempt[] => {
  if ('problem' in query || query.terms.length === 0) return attempts
  return attempts.filter((attempt) => matches(attempt, query.terms))
})

const grouped = remembering((attempts: readonly Attempt[], bySeeds: boolean): readonly RunsRow[] =>
  bySeeds
    ? groupSeeds(attempts).map((group) => ({ key: group.key, attempt: group.members[0]!, group }))
    : attempts.map((attempt) => ({ key: attempt.run.id, attempt, group: undefined })),
)

const ordered = remembering((rows: readonly RunsRow[], sort: RunsState['sort'], of: number, query: Query): ShownRows => ({
  rows: sort === undefined ? rows : sorted(rows, sort),
  unordered: rows,
  of,
  problem: 'problem' in query ? query.problem : undefined,
}))

/** Rows without a value come last, whichever way. */
function sorted(rows: readonly RunsRow[], { column, down }: NonNullable<RunsState['sort']>): RunsRow[] {
  const { value } = columnNamed(column)
  const known: { row: RunsRow; value: string | number }[] = []
  const unknown: RunsRow[] = []
  for (const row of rows) {
    const its = value(row)
    if (its === undefined || Number.isNaN(its)) unknown.push(row)
    else known.push({ row, value: its })
  }
  const sign = down ? -1 : 1
  known.sort((a, b) => (a.value < b.value ? -sign : a.value > b.value ? sign : 0))
  return [...known.map(({ row }) => row), ...unknown]
}
