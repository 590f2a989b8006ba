// Values of command-line options, checked.
import { InvalidArgumentError } from 'commander'

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
