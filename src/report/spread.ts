// A number that was measured once for each seed.
import { fixed } from '../tables/format.ts'

export interface Spread {
  readonly mean: number
  /** Sample standard deviation (n - 1); undefined of a single number. */
  readonly sd: number | undefined
  readonly n: number
}

/** Of the numbers that are there; undefined where none is. */
export function spread(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value): value is number => value !== undefined && !Number.isNaN(value))
  const n = known.length
  if (n === 0) return undefined
  const mean = known.reduce((sum, value) => sum + value, 0) / n
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, sd: n < 2 ? undefined : Math.sqrt(squares / (n - 1)), n }
}

/** `1.487`, of several `1.487 ± 0.012`. */
export function spreadText(value: Spread | undefined, digits: number): string {
  if (value?.sd === undefined) return fixed(value?.mean, digits)
  return `${fixed(value.mean, digits)} ± ${fixed(value.sd, digits)}`
}
