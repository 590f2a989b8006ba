// How far a running run is, and the course of its loss in few numbers. A curve is read again only when it has grown by as much as one
// of those numbers stands for, so that long runs cost no more than short ones.
import type { Reader, Series } from '../../src/tracking/reader.ts'
import type { RunRow } from '../../src/tracking/run-state.ts'
import type { TableFacts } from '../../src/tracking/table-facts.ts'
import { pointsBefore } from '../charts/pyramid.ts'

export interface Progress {
  readonly step: number
  /** Of the whole training; unknown of runs that other programs write. */
  readonly steps: number | undefined
  /** Seconds that the training still takes. */
  readonly remaining: number | undefined
  /** The loss from the first step to now: means of equal stretches, NaN where it was not a number. */
  readonly loss: readonly number[]
}

const stretches = 48

export type ProgressReader = (reader: Reader, run: RunRow, facts: TableFacts, now: number) => Progress | undefined

interface Course {
  readonly step: number
  readonly loss: readonly number[]
  readonly segment: number
  /** The first point of the segment, from which its speed is reckoned: loading and compiling are over then. */
  readonly since: { readonly step: number; readonly at: number }
}

/** Remembers the curves between calls. */
export function progressReader(): ProgressReader {
  const courses = new Map<string, Course>()

  function courseOf(reader: Reader, run: string, step: number): Course {
    const { segment, from_step } = reader.segments(run).at(-1) ?? { segment: 0, from_step: 0 }
    const known = courses.get(run)
    if (known?.segment === segment && step >= known.step && step - known.step < known.step / stretches) return known
    const curve = reader.series(run, 'train/loss')
    const begin = pointsBefore({ xs: curve.steps }, from_step + 1)
    const since = { step: curve.steps[begin] ?? step, at: curve.at[begin] ?? NaN }
    const course = { step, segment, since, loss: means(curve) }
    courses.set(run, course)
    return course
  }

  return (reader, run, { summaries, environment }, now) => {
    const step = summaries.get('train/loss')?.last_step ?? undefined
    if (run.state !== 'running' || step === undefined) return undefined
    const { loss, since } = courseOf(reader, run.id, step)
    const steps = environment['train.steps'] === undefined ? undefined : Number(environment['train.steps'])
    const each = (now - since.at) / 1000 / (step - since.step)
    const remaining = steps === undefined || !Number.isFinite(each) ? undefined : Math.max(0, steps - step) * each
    return { step, steps, remaining, loss }
  }
}

/** At most 48 numbers for the whole curve. */
export function means({ values }: Pick<Series, 'values'>): number[] {
  const count = Math.min(stretches, values.length)
  return Array.from({ length: count }, (_, i) => {
    const part = values.subarray(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count))
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
}
