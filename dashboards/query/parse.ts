// The filter's language: plain words, and `field:text`, `field>0.8`, `-field:text`. All terms must hold.
import { fields, type FieldName } from './fields.ts'

export type Comparator = ':' | '=' | '>' | '>=' | '<' | '<='

export interface Term {
  readonly negated: boolean
  /** Undefined: a word that may stand anywhere. */
  readonly field: FieldName | undefined
  readonly comparator: Comparator
  readonly text: string
}

export type Query = { readonly terms: readonly Term[] } | { readonly problem: string }

const term = /^(-)?(?:([A-Za-z][\w.]*)(:|>=|<=|>|<|=))?(.*)$/

/** Finds the option that a name means: `peft.rank` for `rank`. */
export type FindOption = (name: string) => string | undefined

/** Terms of a filter, or a sentence where it cannot be understood. */
export function parseQuery(text: string, findOption: FindOption): Query {
  const terms: Term[] = []
  for (const word of words(text)) {
    const [, minus, name, comparator, rest = ''] = term.exec(word)!
    const value = rest.replace(/^"|"$/g, '')
    const field = name === undefined ? undefined : fieldNamed(name, findOption)
    if (name !== undefined && field === undefined)
      return { problem: `no run has "${name}"; ${fieldList()} or an option's name is needed` }
    if (isIncomplete(value, comparator)) continue
    if (isOrder(comparator) && !Number.isFinite(Number(value)))
      return { problem: `"${value}" is no number; ${comparator} needs one` }
    terms.push({ negated: minus === '-', field, comparator: (comparator ?? ':') as Comparator, text: value.toLowerCase() })
  }
  return { terms }
}

/** Separated by spaces; quotes keep spaces together. */
function words(text: string): string[] {
  return text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []
}

/** Somebody is still typing. */
function isIncomplete(value: string, comparator: string | undefined): boolean {
  return value === '' || (isOrder(comparator) && /^[-+]?\.?$/.test(value))
}

function isOrder(comparator: string | undefined): boolean {
  return comparator !== undefined && /[<>]/.test(comparator)
}

function fieldNamed(name: string, findOption: FindOption): FieldName | undefined {
  const lower = name.toLowerCase()
  return Object.hasOwn(fields, lower) ? lower : findOption(lower)
}

function fieldList(): string {
  return Object.keys(fields).join(', ')
}
