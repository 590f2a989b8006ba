// The two schema files are the only lists of options. This file reads them and answers questions about them; nothing else
// in the program repeats a range, a default or a description.
import { join } from 'node:path'
import { packageRoot, readJson } from '../base/files.ts'

/** The part of JSON Schema that the two files use, and two words of our own. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly default?: unknown
  readonly const?: string
  readonly enum?: readonly string[]
  readonly format?: 'path'
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: false | Schema
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly discriminator?: { readonly propertyName: string }
  /** Ours: what is needed, in words, where the rule itself reads badly. */
  readonly needed?: string
  /** Ours: the option that a bare word stands for on the command line, `decode=greedy` for `decode.strategy=greedy`. */
  readonly shorthand?: string
}

/** One option of a schema. */
export interface Option {
  /** Dotted: `peft.rank`. */
  readonly key: string
  readonly schema: Schema
  /** A section holds other options; a leaf holds a value. */
  readonly section: boolean
  /** The `peft` type that the option belongs to, where it belongs to one. */
  readonly variant?: string
}

const read = new Map<string, Schema>()

function schemaFile(name: string): Schema {
  const known = read.get(name)
  if (known !== undefined) return known
  const schema = readJson(join(packageRoot, 'configs', name), 'the list of options') as Schema
  read.set(name, schema)
  return schema
}

/** The options of a run. */
export function runSchema(): Schema {
  return schemaFile('schema.json')
}

/** The options of a study. */
export function studySchema(): Schema {
  return schemaFile('study.schema.json')
}

/** Every option below `schema` in the schema's order, sections before what they hold; an option of several variants comes once for each. */
export function optionsOf(schema: Schema, above = '', variant?: string): Option[] {
  const options: Option[] = []
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const key = above === '' ? name : `${above}.${name}`
    const section = child.type === 'object'
    options.push({ key, schema: child, section, ...(variant === undefined ? {} : { variant }) })
    options.push(...optionsOf(child, key, variant))
  }
  for (const branch of schema.oneOf ?? []) options.push(...optionsOf(branch, above, variantName(schema, branch)))
  return options
}

/** The branch of a discriminated union that `value` chooses; the schema itself where it is no union; undefined where nothing is chosen. */
export function branchFor(schema: Schema, value: unknown): Schema | undefined {
  if (schema.discriminator === undefined) return schema
  const chosen = isMapping(value) ? value[schema.discriminator.propertyName] : undefined
  return schema.oneOf?.find((branch) => variantName(schema, branch) === chosen)
}

/** The names that a discriminated union's tag may have. */
export function variantsOf(schema: Schema): string[] {
  return (schema.oneOf ?? []).flatMap((branch) => variantName(schema, branch) ?? [])
}

function variantName(schema: Schema, branch: Schema): string | undefined {
  return branch.properties?.[schema.discriminator?.propertyName ?? '']?.const
}

/** What values the schema accepts, in words that can stand before "is needed". */
export function neededBy(schema: Schema): string {
  if (schema.needed !== undefined) return schema.needed
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum.length === 1 ? schema.enum[0]! : `one of ${schema.enum.join(', ')}`
  switch (schema.type) {
    case 'integer':
      return `a whole number${rangeOf(schema)}`
    case 'number':
      return `a number${rangeOf(schema)}`
    case 'boolean':
      return 'true or false'
    case 'string':
      return schema.format === 'path' ? 'a path' : 'a text'
    case 'array':
      return listNeeded(schema.items)
    default:
      return 'a mapping of options'
  }
}

function listNeeded(items: Schema | undefined): string {
  if (items?.enum !== undefined) return `a list of some of ${items.enum.join(', ')}`
  if (items?.type === 'integer') return `a list of different whole numbers${rangeOf(items)}`
  return 'a list'
}

function rangeOf(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  const low = exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : minimum !== undefined ? `at least ${minimum}` : ''
  const high = exclusiveMaximum !== undefined ? `below ${exclusiveMaximum}` : maximum !== undefined ? `at most ${maximum}` : ''
  const range = [low, high].filter((part) => part !== '').join(' and ')
  return range === '' ? '' : ` ${range}`
}

/** A value that holds others by name: neither a list nor null. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
