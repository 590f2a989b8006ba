// Mistakes are collected, not thrown one by one: a user mends a file once. A problem is a place and a sentence.
import { closest, distance } from 'fastest-levenshtein'
import { UserError } from '../base/errors.ts'
import { placeText, type Place } from './tree.ts'

export interface Problem {
  readonly place: Place
  /** `"peft.rank" is "eight"; a whole number from 1 to 1024 is needed` */
  readonly sentence: string
}

/** Throws one UserError with a line for each distinct problem, files before the command line, in the order of the lines; nothing where there are none. */
export function throwProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const lines = problems.toSorted(byPlace).map(({ place, sentence }) => `${placeText(place)}: ${sentence}`)
  throw new UserError([...new Set(lines)].join('\n'))
}

function byPlace(a: Problem, b: Problem): number {
  const inFile = Number(a.place.line === undefined) - Number(b.place.line === undefined)
  if (inFile !== 0) return inFile
  if (a.place.source !== b.place.source) return a.place.source < b.place.source ? -1 : 1
  return (a.place.line ?? 0) - (b.place.line ?? 0)
}

/** A value as it stands in a sentence: short, in quotes where it is a single one. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return shownList(value)
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return `"${shortened(String(value))}"`
    default:
      return value === null || value === undefined ? 'empty' : 'a mapping'
  }
}

function shownList(items: readonly unknown[]): string {
  return items.length === 0 ? 'an empty list' : shortened(`[${items.map((item) => shown(item).replaceAll('"', '')).join(', ')}]`)
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`
}

/** ` (did you mean "x"?)` for the nearest of `known`, written behind `prefix`; nothing where none is near. */
export function nearest(word: string, known: readonly string[], prefix = ''): string {
  if (known.length === 0 || word.length > 80) return ''
  const plain = word.toLowerCase().replaceAll('-', '_')
  const candidate = closest(plain, known)
  const allowed = Math.min(3, Math.floor(Math.min(plain.length, candidate.length) / 2))
  return distance(plain, candidate) <= allowed ? didYouMean([prefix + candidate]) : ''
}

/** ` (did you mean "a" or "b"?)`, or nothing for none. */
export function didYouMean(names: readonly string[]): string {
  return names.length === 0 ? '' : ` (did you mean ${names.map((name) => `"${name}"`).join(' or ')}?)`
}
