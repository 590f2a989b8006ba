// Reads a study: from a study file, or from one configuration and lists of values on the command line.
import { skipProblems, skipRules, type Attempt, type Study } from './cells.ts'
import { check } from './check.ts'
import { attemptsOfGrid, gridSize, type Axis, type Draft } from './grid.ts'
import { canonicalJson, flatten } from './hash.ts'
import { assignOption, collecting, pathForReader, relativeToRoot, resolveConfig, splitOverride, type Change } from './load.ts'
import { throwProblems, type Problem } from './problems.ts'
import type { RunConfig } from './run-config.ts'
import { isMapping, studySchema } from './schema.ts'
import { assign, commandLine, mappingFrom, placeOf, pointerTo, subtree, withDefaults, type Place, type Tree } from './tree.ts'
import { parseValue, readYamlFile } from './yaml-source.ts'

const mostCells = 1000

/**
 * A study from a study file (one with a `base`) or from a run's configuration with lists in the arguments, `peft.rank=4,8 seed=1,2`.
 * Paths as for `loadRunConfig`. Throws one UserError with a line for each mistake, in whichever file it stands.
 */
export function openStudy(path: string, args: readonly string[] = []): Study {
  const { value } = readYamlFile(path, 'the study', [])
  return isMapping(value) && Object.hasOwn(value, 'base') ? loadStudy(path, args) : studyFromCommandLine(path, args)
}

/** A study file. Arguments `key=value` are put over every attempt; `seed=1,2` replaces the study's seeds. */
export function loadStudy(path: string, args: readonly string[] = []): Study {
  const problems: Problem[] = []
  const { fixed, axes, seeds } = sortedArguments(args, problems)
  const read = readYamlFile(path, 'the study', problems)
  const tree = withDefaults(studySchema(), seeds === undefined ? read : assign(studySchema(), read, ['seeds'], seeds))
  problems.push(...check(studySchema(), tree))
  for (const { key, place } of axes)
    problems.push({ place, sentence: `"${key}" has several values; one is needed, because the study file gives the attempts` })
  const drafts = draftsOf(tree, problems).map((draft) => ({ ...draft, changes: [...draft.changes, ...fixed] }))
  const base = subtree(tree, ['base']).value
  if (typeof base !== 'string') throwProblems(problems)
  return assembled(tree, readYamlFile(pathForReader(String(base)), `the base config of ${path}`, problems), drafts, problems)
}

/** A study of one configuration: arguments with several values, separated by commas, make a grid; `seed=1,2` gives the seeds. */
export function studyFromCommandLine(configPath: string, args: readonly string[] = []): Study {
  const problems: Problem[] = []
  const { fixed, axes, seeds } = sortedArguments(args, problems)
  const base = fixed.reduce(
    (tree, change) => assignOption(tree, change, problems),
    readYamlFile(configPath, 'the config', problems),
  )
  const bare = { value: mappingFrom([['base', relativeToRoot(configPath)]]), places: new Map([['', placeOf(base, '')]]) } // prettier-ignore
  const named = withPart(bare, 'name', subtree(base, ['name']))
  const tree = withDefaults(studySchema(), seeds === undefined ? named : withPart(named, 'seeds', seeds))
  problems.push(...check(studySchema(), tree))
  return assembled(tree, base, gridDrafts(axes, commandLine, problems), problems)
}

function withPart(tree: Tree, key: string, part: Tree): Tree {
  return part.value === undefined ? tree : assign(studySchema(), tree, [key], part)
}

interface Arguments {
  readonly fixed: readonly Change[]
  readonly axes: readonly Axis[]
  readonly seeds?: Tree
}

/** `seed=...` apart; what has several values, and what has one. */
function sortedArguments(args: readonly string[], problems: Problem[]): Arguments {
  const given = args.flatMap((text) => collecting(problems, () => axisFrom(text)) ?? [])
  const seeds = given.findLast(({ key }) => key === 'seed')
  const options = given.filter(({ key }) => key !== 'seed')
  const fixed = options
    .filter(({ values }) => values.length === 1)
    .map(({ key, values, place }) => ({ key, value: values[0]!, place }))
  return {
    fixed,
    axes: options.filter(({ values }) => values.length > 1),
    ...(seeds === undefined ? {} : { seeds: listOf(seeds) }),
  }
}

/** Values are separated by commas outside brackets, braces and quotes: `peft={type: lora, rank: 4},{type: prefix}` has two. */
function axisFrom(text: string): Axis {
  const { key, value } = splitOverride(text)
  const list = collecting([], () => parseValue(`[${value}]`))
  const several = list !== undefined && Array.isArray(list.value) && list.value.length > 1
  return { key, values: several ? itemsOf(list, []) : [parseValue(value)], place: commandLine }
}

function listOf({ values, place }: Axis): Tree {
  const [only] = values
  const list = values.length === 1 && Array.isArray(only?.value) ? (only.value as unknown[]) : values.map(({ value }) => value)
  return { value: list, places: new Map([['', place]]) }
}

/** The items of the list at `keys`, each with its places. */
function itemsOf(tree: Tree, keys: readonly string[]): Tree[] {
  const list = subtree(tree, keys)
  return ((list.value ?? []) as unknown[]).map((value, i) => {
    const at = pointerTo('', i)
    const places = new Map<string, Place>([['', placeOf(list, at)]])
    for (const [below, place] of list.places) if (below.startsWith(`${at}/`)) places.set(below.slice(at.length), place)
    return { value, places }
  })
}

/** The attempts of a study file, from `attempts` or `vary`; the base alone where there is neither. */
function draftsOf(tree: Tree, problems: Problem[]): Draft[] {
  const { attempts, vary } = tree.value as { attempts?: unknown; vary?: unknown }
  const place = placeOf(tree, '/vary')
  if (attempts !== undefined && vary !== undefined)
    problems.push({ place, sentence: '"attempts" and "vary" both stand here; one of them is needed' })
  if (isMapping(attempts)) return Object.keys(attempts).map((name) => namedDraft(tree, name))
  const axes = isMapping(vary) ? Object.keys(vary).flatMap((key) => axisOf(tree, key)) : []
  return gridDrafts(axes, place, problems)
}

function namedDraft(tree: Tree, name: string): Draft {
  const attempt = subtree(tree, ['attempts', name])
  const changes = isMapping(attempt.value) ? Object.keys(attempt.value).map((key) => ({ key, value: subtree(attempt, [key]), place: placeOf(attempt, pointerTo('', key)) })) : [] // prettier-ignore
  return { name, changes, place: placeOf(attempt, '') }
}

function axisOf(tree: Tree, key: string): Axis[] {
  const values = subtree(tree, ['vary', key])
  return Array.isArray(values.value) ? [{ key, values: itemsOf(values, []), place: placeOf(values, '') }] : []
}

function gridDrafts(axes: readonly Axis[], place: Place, problems: Problem[]): Draft[] {
  const attempts = gridSize(axes)
  if (attempts <= mostCells) return axes.length === 0 ? [{ name: 'base', changes: [], place }] : attemptsOfGrid(axes, place)
  problems.push({
    place,
    sentence: `the grid makes ${attempts} attempts; at most ${mostCells} are needed to answer one question`,
  })
  return []
}

/** Checks each draft over the base and puts the study together; throws where anything was wrong on the way. */
function assembled(tree: Tree, base: Tree, drafts: readonly Draft[], problems: Problem[]): Study {
  problems.push(...drafts.flatMap(reservedKeys))
  const attempts = drafts.flatMap((draft) => attemptFrom(base, draft, problems) ?? [])
  if (problems.length === 0) problems.push(...sameTwice(drafts, attempts))
  throwProblems(problems)
  const { name, kind, base: path, metric, seeds, skip } = tree.value as StudyFile
  const study: Study = {
    name,
    kind,
    base: path,
    attempts,
    seeds: seeds ?? [attempts[0]!.config.seed],
    metric,
    skip: skipRules(skip),
  }
  const count = attempts.length * study.seeds.length
  if (count > mostCells)
    problems.push({
      place: placeOf(tree, '/seeds'),
      sentence: `attempts and seeds make ${count} cells; at most ${mostCells} are needed to answer one question`,
    })
  else problems.push(...skipProblems(tree, study))
  throwProblems(problems)
  return study
}

/** A study file that fits its schema, with defaults. */
type StudyFile = Pick<Study, 'name' | 'kind' | 'base' | 'metric'> & { seeds?: number[]; skip: unknown }

function attemptFrom(base: Tree, draft: Draft, problems: Problem[]): Attempt | undefined {
  const changed = draft.changes.reduce((tree, change) => assignOption(tree, change, problems), base)
  const name: Tree = { value: draft.name, places: new Map([['', draft.place]]) }
  const resolved = resolveConfig(assignOption(changed, { key: 'name', value: name, place: draft.place }, problems), problems)
  return resolved === undefined ? undefined : { name: draft.name, ...resolved }
}

function reservedKeys({ changes }: Draft): Problem[] {
  return changes.flatMap(({ key, place }) => {
    if (key === 'seed') return [{ place, sentence: '"seed" is no option of one attempt; "seeds" of the study is needed' }]
    return key === 'name' ? [{ place, sentence: '"name" is no option of one attempt; its key in "attempts" names it' }] : []
  })
}

/** Attempts of one name, and attempts that would be one run under two names. */
function sameTwice(drafts: readonly Draft[], attempts: readonly Attempt[]): Problem[] {
  const seen = new Map<string, string>()
  return attempts.flatMap(({ name, config }) => {
    const place = drafts.find((draft) => draft.name === name)!.place
    const content = identity(config)
    const twin = seen.get(name) ?? seen.get(content)
    seen.set(name, name).set(content, name)
    if (twin === undefined) return []
    const found = twin === name ? `two attempts are named "${name}"` : `the attempts "${twin}" and "${name}" are the same run`
    return [{ place, sentence: `${found}; attempts that differ in more than name and engine are needed` }]
  })
}

function identity(config: RunConfig): string {
  return canonicalJson(
    Object.fromEntries(Object.entries(flatten(config)).filter(([key]) => key !== 'name' && !key.startsWith('engine.'))),
  )
}
