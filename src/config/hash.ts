// When are two runs the same run? When their configurations agree in everything but paths, engine and name, and their data and
// weights have the same content: then they have the same hash, and one of them need not be done again.
import { sha256 } from '../base/files.ts'
import type { RunConfig } from './run-config.ts'
import { isMapping, optionsOf, runSchema, type Schema } from './schema.ts'

export type ConfigValue = string | number | boolean | readonly (string | number)[]

/** Dotted key -> value, in the configuration's order; a list is one value. */
export function flatten(config: object): Record<string, ConfigValue> {
  return Object.fromEntries(leaves(config, ''))
}

function leaves(value: unknown, key: string): [string, ConfigValue][] {
  if (!isMapping(value)) return [[key, value as ConfigValue]]
  return Object.entries(value).flatMap(([name, inside]) => leaves(inside, key === '' ? name : `${key}.${name}`))
}

/** What the files behind a configuration hold: sha256 or any other fingerprint, in hexadecimal. */
export interface Contents {
  readonly data: string
  /** By what they are for: `encoder.weights`, `decoder.weights`, `evaluate.clip.weights`, ... */
  readonly weights: Readonly<Record<string, string>>
}

/** 64 hexadecimal digits; the first eight are part of the run's folder name. Independent of the order of keys. `schema`: a run's by default. */
export function configHash(config: object, contents: Contents, schema = runSchema()): string {
  const options = Object.entries(flatten(config)).filter(([key, value]) => isIdentity(key, value, schema))
  return sha256(canonicalJson({ config: Object.fromEntries(options), data: contents.data, weights: contents.weights }))
}

/** Whether an option says what a run is, not where its files lie, what it is called or what computes it: that matters in int8 alone. */
function isIdentity(key: string, value: ConfigValue, schema: Schema): boolean {
  if (key === 'engine.precision' || key === 'encoder.precision') return value !== 'fp32'
  if (key === 'name' || key.startsWith('engine.')) return false
  return !optionsOf(schema).some((option) => option.key === key && option.schema.format === 'path')
}

/** JSON with sorted keys and no spaces. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isMapping(value)) return JSON.stringify(value)
  const members = Object.keys(value).toSorted().map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`) // prettier-ignore
  return `{${members.join(',')}}`
}

/** The keys in which the configurations are not all the same, in the schema's order; a key that one of them lacks differs. */
export function differing(configs: readonly RunConfig[]): string[] {
  const flat = configs.map(flatten)
  const inOrder = [...new Set(optionsOf(runSchema()).map(({ key }) => key))]
  return inOrder.filter((key) => new Set(flat.map((values) => canonicalJson(values[key] ?? null))).size > 1)
}
