// The schema files are the only lists of options. This file reads them and answers questions about them; nothing else
// in the program repeats a range, a default or a description.
import { join } from 'node:path'
import { packageRoot, readJson } from '../base/files.ts'

/** The part of JSON Schema that the files use, and two words of our own. */
export interface Schema {
  /** Of a first-level option alone. */
  readonly $ref?: string
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
  /** Ours: the option of a variant that a bare word may set, `beam:5` for `{strategy: beam, beams: 5}`. */
  readonly argument?: string
}

/** One option of a schema. */
export interface Option {
  /** Dotted: `peft.rank`. */
  readonly key: string
  readonly schema: Schema
  /** A section holds other options; a leaf holds a value. */
  readonly section: boolean
  /** The kind that the option belongs to, `lora`, where not all kinds have it, and the option that chooses the kind, `peft.type`. */
  readonly variant?: string
  readonly tag?: string
}

const read = new Map<string, Schema>()

function schemaFile(name: string): Schema {
  const known = read.get(name)
  if (known !== undefined) return known
  const file = readJson(join(packageRoot, 'configs', name), 'the list of options') as Schema
  const properties = Object.entries(file.properties ?? {}).map(([key, child]) => [key, shared(child)] as const)
  const schema = { ...file, properties: Object.fromEntries(properties) }
  read.set(name, schema)
  return schema
}

/** An option that a file has in common with another: `{"$ref": "schema.json#/properties/engine"}`. */
function shared(child: Schema): Schema {
  if (child.$ref === undefined) return child
  const [file = '', , key = ''] = child.$ref.split(/#?\//)
  const option = schemaFile(file).properties?.[key]
  if (option === undefined) throw new Error(`configs: there is no ${child.$ref}`)
  return option
}

/** The options of a run. */
export function runSchema(): Schema {
  return schemaFile('schema.json')
}

/** The options of a classification. */
export function classifySchema(): Schema {
  return schemaFile('classify.schema.json')
}

/** The options of a study. */
export function studySchema(): Schema {
  return schemaFile('study.schema.json')
}

/**
 * Every option below `schema` in the schema's order, sections before what they hold. Of a discriminated union, what all variants have
 * comes once, and before what some have, which comes once for each of them.
 */
export function optionsOf(schema: Schema, above = '', of: Pick<Option, 'variant' | 'tag'> = {}): Option[] {
  const options: Option[] = []
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const key = above === '' ? name : `${above}.${name}`
    options.push({ key, schema: child, section: child.type === 'object', ...of }, ...optionsOf(child, key, of))
  }
  if (schema.oneOf === undefined) return options
  const shared = sharedOptions(schema)
  options.push(...optionsOf(withOptions(schema.oneOf[0]!, shared), above))
  for (const branch of schema.oneOf) {
    const own = Object.keys(branch.properties ?? {}).filter((name) => !shared.includes(name))
    const variant = variantName(schema, branch)
    const chosenBy = variant === undefined ? {} : { variant, tag: `${above}.${schema.discriminator!.propertyName}` }
    options.push(...optionsOf(withOptions(branch, own), above, chosenBy))
  }
  return options
}

function withOptions({ properties = {} }: Schema, names: readonly string[]): Schema {
  return { properties: Object.fromEntries(names.map((name) => [name, properties[name]!])) }
}

/** The options that all variants of a discriminated union have, but for the tag: they outlive a change of the variant. */
export function sharedOptions({ discriminator, oneOf: [first, ...others] = [] }: Schema): string[] {
  if (discriminator === undefined) return []
  return Object.keys(first?.properties ?? {}).filter(
    (name) => name !== discriminator.propertyName && others.every(({ properties }) => Object.hasOwn(properties ?? {}, name)),
  )
}

/**
 * The branch of a discriminated union that `value` chooses, or the one whose tag has a default where it chooses nothing; the schema
 * itself where it is no union; undefined where nothing is chosen.
 */
export function branchFor(schema: Schema, value: unknown): Schema | undefined {
  if (schema.discriminator === undefined) return schema
  const tag = schema.discriminator.propertyName
  const chosen = isMapping(value) ? value[tag] : undefined
  return schema.oneOf?.find((branch) =>
    chosen === undefined ? branch.properties?.[tag]?.default !== undefined : variantName(schema, branch) === chosen,
  )
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
