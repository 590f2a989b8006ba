// Which points of a run are shown: a resume at step 200 hides what earlier segments logged after step 200, and where two segments
// logged the same step, the later one counts.
import type { Database } from 'better-sqlite3'

export interface Point {
  readonly step: number
  /** NaN where what was logged is not a number. */
  readonly value: number
  /** Milliseconds since 1970. */
  readonly at: number
}

type Row = [step: number, segment: number, value: number | null, at: number]

/** Reads the shown points of a metric in the order of their steps. Reading has to end before the next begins. */
export function pointReader(database: Database): (run: string, metric: string) => Iterable<Point> {
  const rows = database
    .prepare<[string, string], Row>(
      'SELECT step, segment, value, at FROM metrics WHERE run = ? AND metric = ? ORDER BY step, segment',
    )
    .raw()
  const limits = database.prepare<[string], [number, number]>(
    'SELECT segment, until_step FROM segments WHERE run = ? AND until_step IS NOT NULL',
  )
  limits.raw()

  return function* shown(run, metric) {
    const until = new Map(limits.all(run))
    let last: Row | undefined
    for (const row of rows.iterate(run, metric)) {
      if (row[0] > (until.get(row[1]) ?? Infinity)) continue
      if (last !== undefined && last[0] !== row[0]) yield point(last)
      last = row
    }
    if (last !== undefined) yield point(last)
  }
}

function point([step, , value, at]: Row): Point {
  return { step, value: value ?? NaN, at }
}
