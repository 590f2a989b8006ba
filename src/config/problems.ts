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
  if (value === null || value === undefined) return 'empty'
  if (typeof value === 'object') return Array.isArray(value) ? shownList(value) : 'a mapping'
  return `"${shortened(String(value as string | number | boolean))}"`
}

function shownList(items: readonly unknown[]): string {
  return items.length === 0 ? 'an empty list' : shortened(`[${items.map((item) => shown(item).replaceAll('"', '')).join(', ')}]`)
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`
}

/** ` (did you mean "x"?)` for the nearest of `known`, or nothing where none is near. */
export function nearest(word: string, known: readonly string[]): string {
  if (known.length === 0 || word.length > 80) return ''
  const plain = word.toLowerCase().replaceAll('-', '_')
  const candidate = known.find((name) => name.toLowerCase() === plain) ?? closest(plain, known)
  const allowed = Math.min(3, Math.max(1, Math.floor(candidate.length / 3)))
  return distance(plain, candidate.toLowerCase()) <= allowed ? didYouMean([candidate]) : ''
}

/** ` (did you mean "a" or "b"?)`, or nothing for none. */
export function didYouMean(names: readonly string[]): string {
  return names.length === 0 ? '' : ` (did you mean ${names.map((name) => `"${name}"`).join(' or ')}?)`
}
