// Whether a run is what a filter asks for.
import type { Attempt } from '../data/attempts.ts'
import { fieldOf } from './fields.ts'
import type { Term } from './parse.ts'

export function matches(attempt: Attempt, terms: readonly Term[]): boolean {
  return terms.every((term) => holds(attempt, term) !== term.negated)
}

function holds(attempt: Attempt, { field, comparator, text }: Term): boolean {
  if (field === undefined) return anywhere(attempt).some((part) => part.toLowerCase().includes(text))
  const value = fieldOf(attempt, field)
  if (value === undefined) return false
  if (typeof value === 'number') return comparesNumbers(value, comparator, Number(text))
  const texts = typeof value === 'string' ? [value] : value
  return texts.some((each) => (comparator === '=' ? each.toLowerCase() === text : each.toLowerCase().includes(text)))
}

function anywhere({ run, method, tags, notes }: Attempt): string[] {
  return [run.id, run.name, run.study, run.attempt, run.state, method, ...tags, ...notes]
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
