// The JSON files that published weights come with, in the same folder: `config.json` and its like. What one says is read by path, and
// must be of the type that is asked for.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readJson } from '../base/files.ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'

export interface ConfigBeside {
  readonly path: string
  /** Whether something stands there that is not null. */
  has(...keys: string[]): boolean
  /** The value, or undefined where nothing or null stands there; CheckpointError where it is of another type. */
  number(...keys: string[]): number | undefined
  text(...keys: string[]): string | undefined
  flag(...keys: string[]): boolean | undefined
  colour(...keys: string[]): readonly [number, number, number] | undefined
}

/** The JSON file `name` beside the weights at `path`, or its part `below`; undefined where there is none. Throws UserError where it is not JSON. */
export function configBeside(path: string, name: string, ...below: string[]): ConfigBeside | undefined {
  const file = join(dirname(path), name)
  if (!existsSync(file)) return undefined
  const root = readJson(file, 'the description of the weights')

  function at(keys: readonly string[]): unknown {
    let value = root
    for (const key of [...below, ...keys]) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
    return value ?? undefined
  }

  function as<T>(keys: readonly string[], is: (value: unknown) => value is T, needed: string): T | undefined {
    const value = at(keys)
    if (value === undefined || is(value)) return value
    throw new CheckpointError(`${file}: \`${[...below, ...keys].join('.')}\` is ${JSON.stringify(value)}; ${needed} is needed.`)
  }

  return {
    path: file,
    has: (...keys) => at(keys) !== undefined,
    number: (...keys) => as(keys, isFiniteNumber, 'a number'),
    text: (...keys) => as(keys, (value) => typeof value === 'string', 'a text'),
    flag: (...keys) => as(keys, (value) => typeof value === 'boolean', 'true or false'),
    colour: (...keys) => as(keys, isColour, 'a list of three numbers'),
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isColour = (value: unknown): value is [number, number, number] =>
  Array.isArray(value) && value.length === 3 && value.every(isFiniteNumber)
