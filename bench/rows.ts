// What was measured, as data: a row of the table and of the JSON.
import type { Failure, Outcome } from './contest.ts'

export interface Row {
  readonly part: string
  readonly what: string
  readonly who: string
  /** Of one repetition; the median is what is compared. */
  readonly median_ms: number
  readonly fastest_ms: number
  /** 99 of 100 repetitions take no longer; where there are that many. */
  readonly p99_ms?: number
  readonly repetitions: number
  /** Of all processors together, at the median: what others do on the machine hardly changes it. */
  readonly processor_ms?: number
  /** At the median. */
  readonly rate?: { readonly value: number; readonly unit: string }
  /** The process's own, where it did this work alone. */
  readonly peak_bytes?: number
  /** How many times its time Captune's best engine takes at the same work; on rows of others. */
  readonly captune_takes?: number
  readonly facts?: Readonly<Record<string, unknown>>
  readonly all_ms?: readonly number[]
}

export interface Skipped {
  readonly part: string
  readonly what: string
  readonly who?: string
  readonly skipped: string
}

/** What one repetition of a work amounts to: 64 captions, 17 Gflop. */
export interface Amount {
  readonly value: number
  readonly unit: string
}

/** Rows of a contest whose first contestant is Captune's best engine. */
export function rowsOf(part: string, what: string, amount: Amount, outcomes: readonly (Outcome | Failure)[]): (Row | Skipped)[] {
  const first = outcomes[0]
  const ours = first !== undefined && 'seconds' in first ? quantile(first.seconds, 0.5) : undefined
  return outcomes.map((outcome) => {
    const { who } = outcome
    if ('failure' in outcome) return { part, what, who, skipped: outcome.failure }
    const median = quantile(outcome.seconds, 0.5)
    return {
      part,
      what,
      who,
      median_ms: median * 1000,
      fastest_ms: Math.min(...outcome.seconds) * 1000,
      repetitions: outcome.seconds.length,
      ...(outcome.processor.length > 0 ? { processor_ms: quantile(outcome.processor, 0.5) * 1000 } : {}),
      rate: { value: amount.value / median, unit: `${amount.unit}/s` },
      peak_bytes: outcome.peakBytes,
      ...(!who.startsWith('captune') && ours !== undefined ? { captune_takes: ours / median } : {}),
      facts: outcome.facts,
      all_ms: outcome.seconds.map((seconds) => seconds * 1000),
    }
  })
}

/** Captune alone at a work that nobody else does. */
export function ownRow(part: string, what: string, times: readonly number[]): Row {
  return {
    ...{ part, what, who: 'captune', repetitions: times.length },
    ...{ median_ms: quantile(times, 0.5), fastest_ms: Math.min(...times), p99_ms: quantile(times, 0.99) },
  }
}

/** The value below which `share` of `values` lies, between neighbours in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) throw new Error('a quantile of nothing')
  return below + (above - below) * (place - Math.floor(place))
}
