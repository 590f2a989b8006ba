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
  const limits = untilReader(database)

  return function* shown(run, metric) {
    const until = limits(run)
    let last: Row | undefined
    for (const row of rows.iterate(run, metric)) {
      if (row[0] > (until.get(row[1]) ?? Infinity)) continue
      if (last !== undefined && last[0] !== row[0]) yield point(last)
      last = row
    }
    if (last !== undefined) yield point(last)
  }
}

/** Reads at most `count` of the shown points, about evenly over the steps, first and last among them: a look at a long series that costs no more than one at a short one. */
export function sketchReader(database: Database): (run: string, metric: string, count: number) => Point[] {
  const ends = database
    .prepare<[string, string], [number | null, number | null]>(
      'SELECT first_step, last_step FROM summaries WHERE run = ? AND metric = ?',
    )
    .raw()
  const next = database
    .prepare<[string, string, number], Row>(
      'SELECT step, segment, value, at FROM metrics WHERE run = ? AND metric = ? AND step >= ? ORDER BY step, segment DESC LIMIT 1',
    )
    .raw()
  const limits = untilReader(database)

  return (run, metric, count) => {
    const [first, last] = ends.get(run, metric) ?? [null, null]
    if (first === null || last === null) return []
    const until = limits(run)
    const rows: Row[] = []
    for (let i = 0; i < count; i++) {
      const wanted = Math.floor(first + (i / Math.max(1, count - 1)) * (last - first))
      if (wanted <= (rows.at(-1)?.[0] ?? -Infinity)) continue
      const row = next.get(run, metric, wanted)
      if (row !== undefined && row[0] <= (until.get(row[1]) ?? Infinity)) rows.push(row)
    }
    return rows.map(point)
  }
}

/** The last shown step of each segment of a run that has one. */
function untilReader(database: Database): (run: string) => Map<number, number> {
  const limits = database
    .prepare<[string], [number, number]>('SELECT segment, until_step FROM segments WHERE run = ? AND until_step IS NOT NULL')
    .raw()
  return (run) => new Map(limits.all(run))
}

function point([step, , value, at]: Row): Point {
  return { step, value: value ?? NaN, at }
}
