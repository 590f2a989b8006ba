// Whether a run is what a filter asks for.
import type { Attempt } from '../data/attempts.ts'
import { fieldOf } from './fields.ts'
import type { Term } from './parse.ts'

export function matches(attempt: Attempt, terms: readonly Term[]): boolean {
  return terms.every((term) => holds(attempt, term) !== term.negated)
}

function holds(attempt: Attempt, { field, comparator, text }: Term): boolean {
  if (field === undefined) return stands(attempt, (part) => part.toLowerCase().includes(text))
  const value = fieldOf(attempt, field)
  if (value === undefined) return false
  if (typeof value === 'number') return comparesNumbers(value, comparator, Number(text))
  const texts = typeof value === 'string' ? [value] : value
  return texts.some((each) => (comparator === '=' ? each.toLowerCase() === text : each.toLowerCase().includes(text)))
}

/** Anywhere in what a run is called and what was said of it. */
function stands({ run, method, tags, notes }: Attempt, test: (part: string) => boolean): boolean {
  return (
    test(run.id) ||
    test(run.name) ||
    test(run.study) ||
    test(run.attempt) ||
    test(run.state) ||
    test(method) ||
    tags.some(test) ||
    notes.some(test)
  )
}

function comparesNumbers(value: number, comparator: Term['comparator'], wanted: number): boolean {
  switch (comparator) {
    case '>':
      return value > wanted
    case '>=':
      return value >= wanted
    case '<':
      return value < wanted
    case '<=':
      return value <= wanted
    default:
      return value === wanted
  }
}
