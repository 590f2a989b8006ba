// Round numbers for the axes of charts, and how they are written.
import { duration, fixed, thousands } from '../../src/tables/format.ts'

/** What numbers along an axis mean; seconds are written as durations, bytes in powers of 1000. */
export type Unit = 'number' | 'count' | 'seconds' | 'bytes'

export interface Tick {
  readonly value: number
  readonly text: string
}

/** At most `most` round values from `low` to `high`, at least one where there is any between them and room for it. */
export function ticks(low: number, high: number, most: number, unit: Unit = 'number'): Tick[] {
  if (!(high > low) || most < 1) return Number.isFinite(low) && most >= 1 ? [{ value: low, text: numberText(low, unit) }] : []
  const step = roundSteps(unit, high - low).find((each) => inside(low, high, each) <= most)
  if (step === undefined) return []
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: inside(low, high, step) }, (_, i) => {
    const value = (first + i) * step
    return { value, text: stepText(value, step, unit) }
  })
}

function inside(low: number, high: number, step: number): number {
  return Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1
}

const minute = 60
const hour = 3600
const day = 86_400
const roundDurations = [
  1,
  2,
  5,
  10,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
]

/** Distances between ticks that people count in, from too small to too large for `range`. */
function roundSteps(unit: Unit, range: number): number[] {
  const decimal = powersAround(range).flatMap((power) => [1, 2, 5].map((n) => n * power))
  if (unit === 'count') return decimal.filter((step) => step >= 1)
  if (unit !== 'seconds') return decimal
  const days = [1, 2, 5, 10, 20, 50, 100].map((n) => n * day)
  return [...decimal.filter((step) => step < 1), ...roundDurations, ...days]
}

function powersAround(range: number): number[] {
  const largest = Math.floor(Math.log10(range))
  return [-3, -2, -1, 0, 1].map((below) => tenTo(largest + below))
}

/** 10 ** -4 is not the number nearest to 0.0001, and its multiples show it. */
function tenTo(exponent: number): number {
  return Number(`1e${exponent}`)
}

/** Ticks of a logarithmic axis, whose ends are given as numbers (not logarithms): powers of ten, with halves and fifths where few fit. */
export function logTicks(low: number, high: number, most: number, unit: Unit = 'number'): Tick[] {
  if (most < 1 || !(low > 0) || !(high >= low)) return []
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const candidates = [[1, 2, 5], [1, 3], [1]].map((digits) =>
    powers.flatMap((power) => digits.map((digit) => digit * tenTo(power))).filter((n) => n >= low * 0.999 && n <= high * 1.001),
  )
  const fitting = candidates.find(({ length }) => length >= 2 && length <= most) ?? candidates[2]!
  if (fitting.length < 2 && high < 10 * low) return ticks(low, high, most, unit).filter(({ value }) => value > 0)
  const every = Math.ceil(fitting.length / most)
  return fitting.filter((_, i) => i % every === 0).map((value) => ({ value, text: numberText(value, unit) }))
}

/** A tick's value with as many digits as its neighbours at distance `step` need. */
function stepText(value: number, step: number, unit: Unit): string {
  if (unit === 'seconds') return Math.abs(value) < step / 2 ? '0' : shortDuration(value)
  if (unit === 'bytes') return value === 0 ? '0' : scaled(value, step, 'B', ['kB', 'MB', 'GB', 'TB'])
  if (Math.abs(value) < step / 2) return '0'
  const largest = Math.abs(value)
  if (largest >= 10_000) return scaled(value, step, '', ['k', 'M', 'G', 'T'])
  if (step < 1e-4) return scientific(value, step)
  return fixed(value, digitsFor(step))
}

/** Decimals that tell multiples of `step` apart. */
function digitsFor(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
}

function scaled(value: number, step: number, one: string, names: readonly string[]): string {
  const power = Math.min(names.length, Math.max(0, Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-9)))
  const unit = 1000 ** power
  const name = power === 0 ? one : names[power - 1]!
  return `${fixed(value / unit, digitsFor(step / unit))}${one === '' || name === '' ? name : ` ${name}`}`
}

function scientific(value: number, step: number): string {
  const digits = Math.max(0, Math.floor(Math.log10(Math.abs(value)) + 1e-9) - Math.floor(Math.log10(step) + 1e-9))
  return value.toExponential(digits).replace('e+', 'e')
}

/** `90 s`, `5 min`, `1 h 30 min`: without the zeros that `duration` keeps for columns of a table. */
function shortDuration(seconds: number): string {
  return duration(seconds)
    .replace(/ 0+ (s|min|h)$/, '')
    .replace(/ 0(\d (s|min|h))$/, ' $1')
}

/** A value by itself in at most 8 columns or so: four digits that count. */
export function numberText(value: number | undefined, unit: Unit = 'number'): string {
  if (value === undefined) return '–'
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : fixed(value, 0)
  if (unit === 'seconds') return shortDuration(value)
  const size = Math.abs(value)
  if (unit === 'count' && Number.isInteger(value)) return thousands(value)
  if (unit === 'bytes') return size < 1000 ? `${fixed(value, 0)} B` : scaled(value, size / 1000, 'B', ['kB', 'MB', 'GB', 'TB'])
  if (unit === 'count' || size === 0) return trimmed(fixed(value, 2))
  if (size >= 10_000) return scaled(value, size / 1000, '', ['k', 'M', 'G', 'T'])
  if (size < 1e-3) return value.toExponential(2).replace(/\.?0*e/, 'e')
  return trimmed(fixed(value, Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(size))))))
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
