// configs/lora.yaml + `peft.rank=16` -> a complete RunConfig, and where each of its values came from.
import { relative, resolve, sep } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot, packageRoot } from '../base/files.ts'
import { check, unknownOption } from './check.ts'
import type { ClassifyConfig } from './classify-config.ts'
import { flatten } from './hash.ts'
import { classifyKind, kindOfConfig, requireKind, runKind, type ConfigKind } from './kinds.ts'
import { throwProblems, type Problem } from './problems.ts'
import type { RunConfig } from './run-config.ts'
import { branchFor, isMapping, optionsOf, type Option, type Schema } from './schema.ts'
import { sensible } from './sensible.ts'
import { assign, commandLine, mappingFrom, placeOf, placeText, pointerTo, withDefaults, type Place, type Tree } from './tree.ts'
import { parseValue, readYamlFile } from './yaml-source.ts'

/** Dotted key -> `configs/lora.yaml:14`, `command line` or `default`. */
export type Origins = ReadonlyMap<string, string>

export interface LoadedConfig<Config extends object = RunConfig> {
  readonly kind: ConfigKind<Config>
  readonly config: Config
  readonly origins: Origins
}

/**
 * Reads a run's configuration. `path` and paths in `overrides` are relative to the working directory, paths in the file to the
 * checkout's root; in the result they are relative to the root, or absolute outside it. Overrides are `key=value` with a value
 * in YAML; a mapping is merged into its section, `peft` replaces the whole, and `decode=greedy`, `peft=lora` name the kind alone.
 * Throws one UserError with a line for each mistake.
 */
export function loadRunConfig(path: string, overrides: readonly string[] = []): LoadedConfig {
  return loadConfig(runKind, path, overrides)
}

/** Reads a classification's configuration, as `loadRunConfig` does a run's. */
export function loadClassifyConfig(path: string, overrides: readonly string[] = []): LoadedConfig<ClassifyConfig> {
  return loadConfig(classifyKind, path, overrides)
}

/** Reads a configuration of either kind, whichever the file is. */
export function loadAnyConfig(path: string, overrides: readonly string[] = []): LoadedConfig | LoadedConfig<ClassifyConfig> {
  const kind = kindOfConfig(readYamlFile(path, 'the config', []))
  return kind === runKind ? loadRunConfig(path, overrides) : loadClassifyConfig(path, overrides)
}

function loadConfig<Config extends object>(
  kind: ConfigKind<Config>,
  path: string,
  overrides: readonly string[],
): LoadedConfig<Config> {
  const problems: Problem[] = []
  const tree = withOverrides(kind.schema(), readYamlFile(path, 'the config', problems), overrides, problems)
  requireKind(kind, tree, path)
  const resolved = resolveConfig(kind, tree, problems)
  throwProblems(problems)
  return resolved!
}

/** Fills in defaults and checks everything; undefined, and more problems, where something is wrong. */
export function resolveConfig<Config extends object>(
  kind: ConfigKind<Config>,
  tree: Tree,
  problems: Problem[],
): LoadedConfig<Config> | undefined {
  const schema = kind.schema()
  const complete = withDefaults(schema, tree)
  const wrong = check(schema, complete)
  if (wrong.length === 0) wrong.push(...sensible(kind.rules, complete))
  problems.push(...wrong)
  if (wrong.length > 0) return undefined
  const config = ordinary(complete.value) as Config
  const origins = Object.keys(flatten(config)).map((key): [string, string] => [
    key,
    placeText(placeOf(complete, key.split('.').reduce(pointerTo, ''))),
  ])
  return { kind, config, origins: new Map(origins) }
}

/** The tree with every `key=value` put in; mistakes in the arguments themselves go to `problems`. */
function withOverrides(schema: Schema, tree: Tree, overrides: readonly string[], problems: Problem[]): Tree {
  return overrides.reduce((before, override) => {
    const parsed = collecting(problems, () => {
      const { key, value } = splitOverride(override)
      return { key, value: parseValue(value) }
    })
    return parsed === undefined ? before : assignOption(schema, before, { ...parsed, place: commandLine }, problems)
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

/** Puts a value at a dotted key of a configuration; an unknown key is a problem, and the tree stays as it is. */
export function assignOption(schema: Schema, tree: Tree, { key, value, place }: Change, problems: Problem[]): Tree {
  const option = findOption(schema, key)
  if (option !== undefined) {
    const { keys, overlay } = expanded(option, value)
    return assign(schema, tree, keys, place === commandLine ? fromWorkingDirectory(schema, overlay, keys.join('.')) : overlay)
  }
  problems.push({ place, sentence: unknownOption(schema, key) })
  return tree
}

function findOption(schema: Schema, key: string): Option | undefined {
  return optionsOf(schema).find((option) => option.key === key)
}

/** A bare word for a section names its kind: `peft=lora` is `peft={type: lora}`, `decode=beam:5` is `decode={strategy: beam, beams: 5}`. */
function expanded(option: Option, value: Tree): { keys: string[]; overlay: Tree } {
  const { shorthand, discriminator } = option.schema
  const keys = option.key.split('.')
  if (shorthand === undefined || typeof value.value !== 'string') return { keys, overlay: value }
  if (discriminator === undefined) return { keys: [...keys, shorthand], overlay: value }
  const place = placeOf(value, '')
  const entries = kindAndArgument(option.schema, shorthand, value.value)
  const places = new Map(['', ...entries.map(([key]) => pointerTo('', key))].map((pointer) => [pointer, place]))
  return { keys, overlay: { value: mappingFrom(entries), places } }
}

function kindAndArgument(union: Schema, tag: string, text: string): (readonly [string, unknown])[] {
  const colon = text.indexOf(':')
  const kind = text.slice(0, Math.max(colon, 0))
  const argument = branchFor(union, { [tag]: kind })?.argument
  if (argument === undefined) return [[tag, text]]
  return [[tag, kind], [argument, parseValue(text.slice(colon + 1)).value]] // prettier-ignore
}

function fromWorkingDirectory(schema: Schema, overlay: Tree, key: string): Tree {
  return { ...overlay, value: pathsFromRoot(schema, overlay.value, key) }
}

function pathsFromRoot(schema: Schema, value: unknown, key: string): unknown {
  if (isMapping(value))
    return mappingFrom(Object.entries(value).map(([name, inside]) => [name, pathsFromRoot(schema, inside, `${key}.${name}`)]))
  if (typeof value !== 'string' || value === '' || findOption(schema, key)?.schema.format !== 'path') return value
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
