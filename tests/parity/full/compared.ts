// One comparison of the full-size parity suite: what was computed, how far it is from the reference, how far it may be.
import type { NamedArrays, NdArray } from '../../../src/base/nd-array.ts'

export interface Compared {
  readonly what: string
  readonly reference: string
  /** max |a - b| / max |b|, the worst over all arrays compared; infinite where an array is missing or misshapen. */
  readonly difference: number
  readonly limit: number
}

/** What cannot be compared here, and why. */
export interface Skipped {
  readonly what: string
  readonly skipped: string
}

/** max |a - b| / max |b|; infinite where shapes differ, or where a value is missing or not a number. */
export function distance(a: NdArray | undefined, b: NdArray): number {
  if (a?.shape.join() !== b.shape.join()) return Infinity
  let most = 0
  let largest = 0
  for (let i = 0; i < b.data.length; i++) {
    const difference = Math.abs(a.data[i]! - b.data[i]!)
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference
    largest = Math.max(largest, Math.abs(b.data[i]!))
  }
  return most === 0 ? 0 : most / (largest || 1)
}

/** |a - b| / |b| as lengths of vectors: for values of which a few hang on the sign of a gradient near zero. */
export function lengthDistance(a: NdArray | undefined, b: NdArray): number {
  if (a?.shape.join() !== b.shape.join()) return Infinity
  let apart = 0
  let whole = 0
  for (let i = 0; i < b.data.length; i++) {
    apart += (a.data[i]! - b.data[i]!) ** 2
    whole += b.data[i]! ** 2
  }
  return apart === 0 ? 0 : Math.sqrt(apart / whole)
}

/** The worst distance over all expected arrays. */
export function worst(found: NamedArrays, expected: NamedArrays, between = distance): number {
  return Math.max(...Object.entries(expected).map(([name, array]) => between(found[name], array)))
}

/** The entries below `prefix`, without it. */
export function below(arrays: NamedArrays, prefix: string): NamedArrays {
  const entries = Object.entries(arrays).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(entries.map(([name, array]) => [name.slice(prefix.length), array]))
}
