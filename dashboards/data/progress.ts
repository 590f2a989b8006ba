// How far a running run is, and the course of its loss in few numbers. A curve is read again only when it has grown by as much as one
// of those numbers stands for, so that long runs cost no more than short ones.
import type { Reader, Series } from '../../src/tracking/reader.ts'
import type { RunRow } from '../../src/tracking/run-state.ts'
import type { TableFacts } from '../../src/tracking/table-facts.ts'

export interface Progress {
  readonly step: number
  /** Known when the first epoch is over. */
  readonly steps: number | undefined
  /** Seconds that the training still takes. */
  readonly remaining: number | undefined
  /** The loss from the first step to now: means of equal stretches, NaN where it was not a number. */
  readonly loss: readonly number[]
}

const stretches = 48

export type ProgressReader = (reader: Reader, run: RunRow, facts: TableFacts, now: number) => Progress | undefined

/** Remembers the curves between calls. */
export function progressReader(): ProgressReader {
  const curves = new Map<string, { readonly step: number; readonly loss: readonly number[] }>()

  function lossOf(reader: Reader, run: string, step: number): readonly number[] {
    const known = curves.get(run)
    if (known !== undefined && step >= known.step && step - known.step < known.step / stretches) return known.loss
    const loss = means(reader.series(run, 'train/loss'))
    curves.set(run, { step, loss })
    return loss
  }

  return (reader, run, { summaries, config }, now) => {
    const step = summaries.get('train/loss')?.last_step ?? undefined
    if (run.state !== 'running' || step === undefined) return undefined
    const steps = stepsOf(summaries.get('epoch'), config['train.epochs'])
    const segment = reader.segments(run.id).at(-1)
    const made = segment === undefined ? 0 : step - Math.max(0, segment.from_step)
    const each = segment === undefined || made <= 0 ? undefined : (now - segment.started) / 1000 / made
    const remaining = steps === undefined || each === undefined ? undefined : Math.max(0, steps - step) * each
    return { step, steps, remaining, loss: lossOf(reader, run.id, step) }
  }
}

/** Epochs are equally long. */
function stepsOf(epoch: { last: number | null; last_step: number | null } | undefined, epochs: unknown): number | undefined {
  if (epoch?.last == null || epoch.last_step === null || epoch.last <= 0 || typeof epochs !== 'number') return undefined
  return Math.round((epoch.last_step / epoch.last) * epochs)
}

/** At most 48 numbers for the whole curve. */
export function means({ values }: Pick<Series, 'values'>): number[] {
  const count = Math.min(stretches, values.length)
  return Array.from({ length: count }, (_, i) => {
    const part = values.subarray(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count))
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
}
