// The comparison as a plain table, for output that is no terminal and for `captune runs compare`.
import type { Reader } from '../src/tracking/reader.ts'
import type { RunRow } from '../src/tracking/run-state.ts'
import type { Table } from '../src/tables/table.ts'
import { readAttempts } from './data/attempts.ts'
import { courseMarks } from './data/course-marks.ts'
import { baselineOf, defaultPicks } from './data/picks.ts'
import { verdictReader } from './data/verdicts.ts'
import { compared, comparisonTable } from './views/compared.ts'

/** Compares runs; undefined where there are none. */
export function compareRuns(reader: Reader, runs: readonly RunRow[], now = Date.now()): Table | undefined {
  if (runs.length === 0) return undefined
  const attempts = readAttempts(reader, runs, { now, marksOf: courseMarks(), progressOf: () => undefined })
  const verdicts = verdictReader(() => '')(
    reader,
    attempts.map(({ run }) => run.id),
    baselineOf(attempts)?.run.id,
  )
  return comparisonTable(compared(attempts, verdicts, now))
}

/** The runs that the dashboard compares when it opens. */
export function defaultRuns(reader: Reader, study: string | undefined): RunRow[] {
  const attempts = readAttempts(reader, reader.runs({ study }), {
    ...{ now: Date.now(), marksOf: () => 'none', progressOf: () => undefined },
  })
  return defaultPicks(attempts).map(({ run }) => run)
}
