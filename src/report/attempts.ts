// Attempts as a report compares them: the runs of one attempt that differ in nothing but their seed, together.
import type { AttemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { attemptRows } from '../tracking/table-facts.ts'
import { spread, type Spread } from './spread.ts'

export interface Attempt {
  readonly study: string
  readonly attempt: string
  readonly kind: string
  /** As AttemptRow's. */
  readonly method: string
  /** The newest finished run of each seed; never empty. */
  readonly rows: readonly AttemptRow[]
  /** Seeds that were begun, finished or not. */
  readonly seeds: number
  /** Equal exactly where two attempts' scores may be ranked; `undefined` where not even its own seeds may be averaged. */
  readonly circumstances: string | undefined
}

/** A number that each run has one of. */
export type RunNumber =
  'trained' | 'share' | 'cider' | 'clipscore' | 'accuracy' | 'top5' | 'epoch' | 'seconds' | 'captionsPerSecond'

/** The number over the attempt's seeds; undefined where it is missing, or where the seeds were scored in different circumstances. */
export function spreadOf({ rows, circumstances }: Attempt, number: RunNumber): Spread | undefined {
  return circumstances === undefined ? undefined : spread(rows.map((row) => row[number]))
}

/** The attempts among `runs` with a finished run, in the order in which they were first created. */
export function attemptsOf(reader: Reader, runs: readonly RunRow[]): Attempt[] {
  const oldestFirst = [...runs].sort((a, b) => a.created - b.created || (a.started ?? Infinity) - (b.started ?? Infinity))
  const groups = new Map<string, AttemptRow[]>()
  for (const row of attemptRows(reader, oldestFirst)) {
    const key = JSON.stringify([row.run.study, row.run.attempt, row.run.kind, row.method])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()].flatMap((rows) => {
    const bySeed = new Map(rows.filter(({ run }) => run.state === 'finished').map((row) => [row.run.seed, row]))
    return bySeed.size === 0 ? [] : [attemptOf([...bySeed.values()], new Set(rows.map(({ run }) => run.seed)).size)]
  })
}

function attemptOf(rows: readonly AttemptRow[], seeds: number): Attempt {
  const { run, method } = rows[0]!
  const circumstances = new Set(rows.map((row) => row.circumstances))
  return {
    study: run.study,
    attempt: run.attempt,
    kind: run.kind,
    method,
    rows,
    seeds,
    circumstances: circumstances.size === 1 ? [...circumstances][0] : undefined,
  }
}
