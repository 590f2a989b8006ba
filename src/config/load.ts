// configs/lora.yaml + `peft.rank=16` -> a complete RunConfig, and where each of its values came from.
import { relative, resolve, sep } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot, packageRoot } from '../base/files.ts'
import { check, unknownOption } from './check.ts'
import { flatten } from './hash.ts'
import { throwProblems, type Problem } from './problems.ts'
import type { RunConfig } from './run-config.ts'
import { isMapping, optionsOf, runSchema, type Option } from './schema.ts'
import { sensible } from './sensible.ts'
import { assign, commandLine, mappingFrom, placeOf, placeText, pointerTo, withDefaults, type Place, type Tree } from './tree.ts'
import { parseValue, readYamlFile } from './yaml-source.ts'

/** Dotted key -> `configs/lora.yaml:14`, `command line` or `default`. */
export type Origins = ReadonlyMap<string, string>

export interface LoadedConfig {
  readonly config: RunConfig
  readonly origins: Origins
}

/**
 * Reads a run's configuration. `path` and paths in `overrides` are relative to the working directory, paths in the file to the
 * checkout's root; in the result they are relative to the root, or absolute outside it. Overrides are `key=value` with a value
 * in YAML; a mapping is merged into its section, `peft` replaces the whole, and `decode=greedy`, `peft=lora` name the kind alone.
 * Throws one UserError with a line for each mistake.
 */
export function loadRunConfig(path: string, overrides: readonly string[] = []): LoadedConfig {
  const problems: Problem[] = []
  const tree = withOverrides(readYamlFile(path, 'the config', problems), overrides, problems)
  const resolved = resolveConfig(tree, problems)
  throwProblems(problems)
  return resolved!
}

/** Fills in defaults and checks everything; undefined, and more problems, where something is wrong. */
export function resolveConfig(tree: Tree, problems: Problem[]): LoadedConfig | undefined {
  const schema = runSchema()
  const complete = withDefaults(schema, tree)
  const wrong = check(schema, complete)
  if (wrong.length === 0) wrong.push(...sensible(complete))
  problems.push(...wrong)
  if (wrong.length > 0) return undefined
  const config = ordinary(complete.value) as RunConfig
  const origins = Object.keys(flatten(config)).map((key): [string, string] => [
    key,
    placeText(placeOf(complete, key.split('.').reduce(pointerTo, ''))),
  ])
  return { config, origins: new Map(origins) }
}

/** The tree with every `key=value` put in; mistakes in the arguments themselves go to `problems`. */
function withOverrides(tree: Tree, overrides: readonly string[], problems: Problem[]): Tree {
  return overrides.reduce((before, override) => {
    const parsed = collecting(problems, () => {
      const { key, value } = splitOverride(override)
      return { key, value: parseValue(value) }
    })
    return parsed === undefined ? before : assignOption(before, { ...parsed, place: commandLine }, problems)
  }, tree)
}

/** `peft.rank=4,8` -> the texts around the first equals sign. */
export function splitOverride(text: string): { key: string; value: string } {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UserError(`command line: "${text}" is no option; key=value is needed, such as train.epochs=2`)
  return { key: text.slice(0, equals).trim(), value: text.slice(equals + 1) }
}

/** One option set to one value. */
export interface Change {
  /** Dotted. */
  readonly key: string
  readonly value: Tree
  readonly place: Place
}

/** Puts a value at a dotted key of a run's configuration; an unknown key is a problem, and the tree stays as it is. */
export function assignOption(tree: Tree, { key, value, place }: Change, problems: Problem[]): Tree {
  const option = findOption(key)
  if (option !== undefined) {
    const { keys, overlay } = expanded(option, value)
    return assign(runSchema(), tree, keys, place === commandLine ? fromWorkingDirectory(overlay, keys.join('.')) : overlay)
  }
  problems.push({ place, sentence: unknownOption(runSchema(), key) })
  return tree
}

function findOption(key: string): Option | undefined {
  return optionsOf(runSchema()).find((option) => option.key === key)
}

/** A bare word for a section names its kind: `decode=greedy` is `decode.strategy=greedy`, `peft=lora` is `peft={type: lora}`. */
function expanded(option: Option, value: Tree): { keys: string[]; overlay: Tree } {
  const { shorthand, discriminator } = option.schema
  const keys = option.key.split('.')
  if (shorthand === undefined || typeof value.value !== 'string') return { keys, overlay: value }
  if (discriminator === undefined) return { keys: [...keys, shorthand], overlay: value }
  const place = placeOf(value, '')
  const places = new Map([['', place], [pointerTo('', shorthand), place]]) // prettier-ignore
  return { keys, overlay: { value: mappingFrom([[shorthand, value.value]]), places } }
}

function fromWorkingDirectory(overlay: Tree, key: string): Tree {
  return { ...overlay, value: pathsFromRoot(overlay.value, key) }
}

function pathsFromRoot(value: unknown, key: string): unknown {
  if (isMapping(value))
    return mappingFrom(Object.entries(value).map(([name, inside]) => [name, pathsFromRoot(inside, `${key}.${name}`)]))
  if (typeof value !== 'string' || value === '' || findOption(key)?.schema.format !== 'path') return value
  return relativeToRoot(value)
}

/** A path relative to the working directory, as YAML files write it: relative to the checkout's root, or absolute outside it. */
export function relativeToRoot(path: string): string {
  const absolute = resolve(path)
  const inside = relative(packageRoot, absolute)
  return inside.startsWith('..') ? absolute : inside.split(sep).join('/') || '.'
}

/** A path of a YAML file, for reading and for messages: relative to the working directory where it lies below it. */
export function pathForReader(path: string): string {
  const inside = relative(process.cwd(), fromRoot(path))
  return inside.startsWith('..') ? fromRoot(path) : inside
}

/** The result of `work`, or undefined and one more problem for each line of a UserError. */
export function collecting<T>(problems: Problem[], work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const sentences = error.message.split('\n').map((line) => line.replace(/^command line: /, ''))
    problems.push(...sentences.map((sentence) => ({ place: commandLine, sentence })))
    return undefined
  }
}

/** Plain objects again, for callers that compare and print. */
function ordinary(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordinary)
  return isMapping(value) ? Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, ordinary(inside)])) : value
}
