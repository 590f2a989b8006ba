// Points of a run and the summary row of each metric. A summary grows with each point; only where points are written again or out of
// order, or a resume supersedes some, is it computed anew from the points that are shown.
import type { Database } from 'better-sqlite3'
import { pointReader, type Point } from './points.ts'

/** A row of `summaries`: of the points shown. Values are null where no point is a number. */
export interface Summary {
  readonly metric: string
  readonly points: number
  readonly first: number | null
  readonly first_step: number | null
  readonly last: number | null
  readonly last_step: number | null
  readonly min: number | null
  readonly min_step: number | null
  readonly max: number | null
  readonly max_step: number | null
}

type Growing = { -readonly [K in keyof Summary]: Summary[K] }

export interface SeriesStore {
  add(metric: string, step: number, value: number, at: number): void
  /** A new segment began: points of the earlier ones may be hidden now. */
  supersede(): void
  /** Computes every summary anew from the points, which others have changed. */
  summariseAgain(): void
  /** Writes the summaries that changed. */
  save(): void
  forget(): void
}

/** The points of one run, for its writer. */
export function openSeries(database: Database, run: string): SeriesStore {
  const insert = database.prepare(`
    INSERT INTO metrics (run, metric, step, segment, value, at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at`)
  const newest = database.prepare(`SELECT coalesce(max(segment), 0) FROM segments WHERE run = ?`).pluck()
  const stored = database.prepare<[string, string], Summary>(
    `SELECT metric, points, first, first_step, last, last_step, min, min_step, max, max_step FROM summaries WHERE run = ? AND metric = ?`,
  )
  const rewrite = database.prepare(`
    INSERT OR REPLACE INTO summaries (run, metric, points, first, first_step, last, last_step, min, min_step, max, max_step)
    VALUES (@run, @metric, @points, @first, @first_step, @last, @last_step, @min, @min_step, @max, @max_step)`)
  const erase = database.prepare(`DELETE FROM summaries WHERE run = ? AND metric = ?`)
  const shown = pointReader(database)
  const names = database.prepare(`SELECT metric FROM summaries WHERE run = ?`).pluck()
  const logged = database.prepare(`SELECT DISTINCT metric FROM metrics WHERE run = ?`).pluck()
  const growing = new Map<string, Growing>()
  const changed = new Set<string>()
  const doubtful = new Set<string>()
  let segment: number | undefined

  function add(metric: string, step: number, value: number, at: number): void {
    segment ??= newest.get(run) as number
    insert.run(run, metric, step, segment, Number.isNaN(value) ? null : value, at)
    changed.add(metric)
    const summary = known(metric)
    if (summary.last_step !== null && step <= summary.last_step) doubtful.add(metric)
    else grow(summary, step, value)
  }

  function known(metric: string): Growing {
    const summary = growing.get(metric) ?? { ...(stored.get(run, metric) ?? nothing(metric)) }
    growing.set(metric, summary)
    return summary
  }

  function supersede(): void {
    segment = undefined
    for (const metric of new Set([...(names.all(run) as string[]), ...growing.keys()])) {
      changed.add(metric)
      doubtful.add(metric)
    }
  }

  function summariseAgain(): void {
    supersede()
    for (const metric of logged.all(run) as string[]) {
      changed.add(metric)
      doubtful.add(metric)
    }
    save()
  }

  function save(): void {
    for (const metric of changed) {
      if (doubtful.has(metric)) growing.set(metric, summarise(metric, shown(run, metric)))
      const summary = known(metric)
      if (summary.points === 0) erase.run(run, metric)
      else rewrite.run({ run, ...summary })
    }
    changed.clear()
    doubtful.clear()
  }

  function forget(): void {
    growing.clear()
    changed.clear()
    doubtful.clear()
    segment = undefined
  }

  return { add, supersede, summariseAgain, save, forget }
}

function summarise(metric: string, points: Iterable<Point>): Growing {
  const summary = nothing(metric)
  for (const { step, value } of points) grow(summary, step, value)
  return summary
}

function nothing(metric: string): Growing {
  return {
    ...{ metric, points: 0, first: null, first_step: null, last: null, last_step: null },
    ...{ min: null, min_step: null, max: null, max_step: null },
  }
}

function grow(summary: Growing, step: number, value: number): void {
  const number = Number.isNaN(value) ? null : value
  if (summary.points === 0) {
    summary.first = number
    summary.first_step = step
  }
  summary.points++
  summary.last = number
  summary.last_step = step
  if (number === null) return
  if (summary.min === null || number < summary.min) {
    summary.min = number
    summary.min_step = step
  }
  if (summary.max === null || number > summary.max) {
    summary.max = number
    summary.max_step = step
  }
}
