// Values of command-line options, checked.
import { InvalidArgumentError } from 'commander'
import { metricChoices, type MetricChoice } from '../recipes/metric-choices.ts'

/** A whole number above zero. */
export function positiveNumber(text: string): number {
  const value = wholeNumber(text)
  if (value === 0) throw new InvalidArgumentError('a whole number above zero is needed.')
  return value
}

/** A whole number, zero or more. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('a whole number is needed.')
  return value
}

/** Days may be fractions: 0.5 is twelve hours. */
export function days(text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text.trim())) throw new InvalidArgumentError('a number of days is needed.')
  return value
}

/** `cider,clip`: some of the metrics, in any order. */
export function metricList(text: string): MetricChoice[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  const chosen = metricChoices.filter((choice) => names.includes(choice))
  if (chosen.length < new Set(names).size) throw new InvalidArgumentError(`some of ${metricChoices.join(', ')} are needed.`)
  return chosen
}
