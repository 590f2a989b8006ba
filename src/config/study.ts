// Reads a study: from a study file, or from one configuration and lists of values on the command line.
import { UserError } from '../base/errors.ts'
import { skipProblems, skipRules, type Attempt, type Study, type StudyOf } from './cells.ts'
import { check } from './check.ts'
import { beyondDecoding } from './decoding-only.ts'
import { attemptsOfGrid, gridSize, type Axis, type Draft } from './grid.ts'
import { canonicalJson, flatten } from './hash.ts'
import { classifyKind, kindOfConfig, requireKind, runKind, type ConfigKind } from './kinds.ts'
import { assignOption, pathForReader, relativeToRoot, resolveConfig } from './load.ts'
import { shown, throwProblems, type Problem } from './problems.ts'
import { isMapping, studySchema } from './schema.ts'
import { itemsOf, sortedArguments } from './study-arguments.ts'
import {
  assign,
  byDefault,
  commandLine,
  mappingFrom,
  placeOf,
  placeText,
  pointerTo,
  subtree,
  withDefaults,
  type Place,
  type Tree,
} from './tree.ts'
import { readYamlFile } from './yaml-source.ts'

const mostCells = 1000

/** What RUN of a decode study means: the run's id and its configuration's path. Throws UserError where it is no trained run. */
export type FindRun = (run: string) => { readonly id: string; readonly config: string }

/**
 * A study from a study file (one with a `base` or a `run`) or from a configuration with lists in the arguments, `peft.rank=4,8
 * seed=1,2`. Paths as for `loadRunConfig`. Throws one UserError with a line for each mistake, in whichever file it stands.
 */
export function openStudy(path: string, args: readonly string[], findRun: FindRun): Study {
  const { value } = readYamlFile(path, 'the study', [])
  const isStudy = isMapping(value) && ['base', 'run', 'attempts', 'vary'].some((key) => Object.hasOwn(value, key))
  return isStudy ? loadStudy(path, args, findRun) : studyFromCommandLine(path, args)
}

/** A study file. Arguments `key=value` are put over every attempt; `seed=1,2` replaces the study's seeds. */
export function loadStudy(path: string, args: readonly string[], findRun: FindRun): Study {
  const problems: Problem[] = []
  const { fixed, axes, seeds } = sortedArguments(args, problems)
  const read = readYamlFile(path, 'the study', problems)
  const tree = complete(seeds === undefined ? read : assign(studySchema(), read, ['seeds'], seeds))
  problems.push(...check(studySchema(), tree), ...sourceProblems(tree))
  for (const { key, place } of axes)
    problems.push({ place, sentence: `"${key}" has several values; one is needed, because the study file gives the attempts` })
  const drafts = draftsOf(tree, problems).map((draft) => ({ ...draft, changes: [...draft.changes, ...fixed] }))
  const { kind, base, run } = tree.value as Partial<StudyFile>
  if (typeof (kind === 'decode' ? run : base) !== 'string') throwProblems(problems)
  const source = kind === 'decode' ? sourceOfRun(tree, String(run), findRun) : { base: String(base) }
  const baseTree = readYamlFile(pathForReader(source.base), `the base config of ${path}`, problems)
  return assembled(tree, { ...source, tree: baseTree }, drafts, problems)
}

function sourceOfRun(tree: Tree, run: string, findRun: FindRun): { base: string; parent: string } {
  try {
    const { id, config } = findRun(run)
    return { base: relativeToRoot(config), parent: id }
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${placeText(placeOf(tree, '/run'))}: ${error.message}`)
    throw error
  }
}

/** A study of one configuration: arguments with several values, separated by commas, make a grid; `seed=1,2` gives the seeds. */
export function studyFromCommandLine(configPath: string, args: readonly string[] = []): Study {
  const problems: Problem[] = []
  const { fixed, axes, seeds } = sortedArguments(args, problems)
  const read = readYamlFile(configPath, 'the config', problems)
  const kind = kindOfConfig(read)
  const base = fixed.reduce((tree, change) => assignOption(kind.schema(), tree, change, problems), read)
  const entries = [['base', relativeToRoot(configPath)], ['kind', kind === runKind ? 'train' : 'classify']] as const // prettier-ignore
  const bare = { value: mappingFrom(entries), places: new Map([['', placeOf(base, '')]]) }
  const named = withPart(bare, 'name', subtree(base, ['name']))
  const tree = complete(seeds === undefined ? named : withPart(named, 'seeds', seeds))
  problems.push(...check(studySchema(), tree), ...sourceProblems(tree))
  return assembled(tree, { base: relativeToRoot(configPath), tree: base }, gridDrafts(axes, commandLine, problems), problems)
}

function withPart(tree: Tree, key: string, part: Tree): Tree {
  return part.value === undefined ? tree : assign(studySchema(), tree, [key], part)
}

/** A study file that fits its schema, with defaults. */
interface StudyFile extends Pick<Study, 'name' | 'metric'> {
  kind: Study['kind']
  base?: string
  run?: string
  seeds?: number[]
  skip: unknown
}

const metricsOf: Readonly<Record<Study['kind'], readonly [string, ...string[]]>> = {
  train: ['val/cider', 'val/clipscore'],
  decode: ['val/cider', 'val/clipscore'],
  classify: ['val/accuracy', 'val/top5'],
}

/** With defaults; a classification's metric is its own. */
function complete(tree: Tree): Tree {
  const { kind, metric } = tree.value as Partial<StudyFile>
  const itsOwn = { value: metricsOf.classify[0], places: new Map([['', byDefault]]) }
  return withDefaults(studySchema(), kind === 'classify' && metric === undefined ? withPart(tree, 'metric', itsOwn) : tree)
}

/** What a study of this kind stands on, is run with and is judged by, where that is something else. */
function sourceProblems(tree: Tree): Problem[] {
  const file = tree.value as Partial<StudyFile>
  const kind = file.kind !== undefined && Object.hasOwn(metricsOf, file.kind) ? file.kind : 'train'
  const problems: Problem[] = []
  const tell = (key: string, sentence: string) => problems.push({ place: placeOf(tree, pointerTo('', key)), sentence })
  const [needed, other, what] = kind === 'decode' ? (['run', 'base', 'a run'] as const) : (['base', 'run', 'a path'] as const)
  if (file[needed] === undefined) tell(needed, `"${needed}" is missing; ${what} is needed`)
  if (file[other] !== undefined) tell(other, `"${other}" does not belong to a study of kind ${kind}; "${needed}" is needed`)
  if (kind !== 'train' && file.seeds !== undefined) {
    const why = kind === 'classify' ? 'nothing in it is random' : 'an attempt that samples has its decode.seed'
    tell('seeds', `"seeds" does not belong to a study of kind ${kind}; ${why}`)
  }
  const known = Object.values(metricsOf).flat()
  if (file.metric !== undefined && known.includes(file.metric) && !metricsOf[kind].includes(file.metric))
    tell('metric', `"metric" is ${shown(file.metric)}; one of ${metricsOf[kind].join(', ')} is needed in a study of kind ${kind}`)
  return problems
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

interface Source {
  /** Path of the base configuration, as YAML files write it. */
  readonly base: string
  readonly tree: Tree
  /** The run whose configuration it is, in a decode study. */
  readonly parent?: string
}

/** Checks each draft over the base and puts the study together; throws where anything was wrong on the way. */
function assembled(tree: Tree, source: Source, drafts: readonly Draft[], problems: Problem[]): Study {
  const { kind } = tree.value as StudyFile
  switch (kind) {
    case 'classify':
      return { kind, ...studyOf(classifyKind, tree, source, drafts, problems) }
    case 'decode':
      problems.push(...drafts.flatMap(({ changes }) => beyondDecoding(changes)))
      return { kind, parent: source.parent!, ...studyOf(runKind, tree, source, drafts, problems) }
    default:
      return { kind, ...studyOf(runKind, tree, source, drafts, problems) }
  }
}

function studyOf<Config extends object>(
  kind: ConfigKind<Config>,
  tree: Tree,
  source: Source,
  drafts: readonly Draft[],
  problems: Problem[],
): StudyOf<Config> {
  requireKind(kind, source.tree, pathForReader(source.base))
  problems.push(...drafts.flatMap((draft) => reservedKeys(draft, (tree.value as StudyFile).kind)))
  const attempts = drafts.flatMap((draft) => attemptFrom(kind, source.tree, draft, problems) ?? [])
  if (problems.length === 0) problems.push(...sameTwice(drafts, attempts))
  throwProblems(problems)
  const { name, metric, seeds, skip } = tree.value as StudyFile
  const study: StudyOf<Config> = {
    name,
    base: source.base,
    attempts,
    seeds: seeds ?? [seedOf(attempts[0]!.config)],
    metric,
    skip: skipRules(skip),
  }
  const count = attempts.length * study.seeds.length
  if (count > mostCells)
    problems.push({
      place: placeOf(tree, '/seeds'),
      sentence: `attempts and seeds make ${count} cells; at most ${mostCells} are needed to answer one question`,
    })
  else problems.push(...skipProblems(kind.schema(), tree, study))
  throwProblems(problems)
  return study
}

/** 0 where nothing is random. */
function seedOf(config: object): number {
  return 'seed' in config && typeof config.seed === 'number' ? config.seed : 0
}

function attemptFrom<Config extends object>(
  kind: ConfigKind<Config>,
  base: Tree,
  draft: Draft,
  problems: Problem[],
): Attempt<Config> | undefined {
  const name = { key: 'name', value: { value: draft.name, places: new Map([['', draft.place]]) }, place: draft.place }
  const changed = [...draft.changes, name].reduce((tree, change) => assignOption(kind.schema(), tree, change, problems), base)
  const resolved = resolveConfig(kind, changed, problems)
  return resolved === undefined ? undefined : { name: draft.name, config: resolved.config, origins: resolved.origins }
}

function reservedKeys({ changes }: Draft, kind: Study['kind']): Problem[] {
  return changes.flatMap(({ key, place }) => {
    if (key === 'seed' && kind === 'train')
      return [{ place, sentence: '"seed" is no option of one attempt; "seeds" of the study is needed' }]
    return key === 'name' ? [{ place, sentence: '"name" is no option of one attempt; its key in "attempts" names it' }] : []
  })
}

/** Attempts of one name, and attempts that would be one run under two names. */
function sameTwice(drafts: readonly Draft[], attempts: readonly Attempt<object>[]): Problem[] {
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

function identity(config: object): string {
  return canonicalJson(
    Object.fromEntries(
      Object.entries(flatten(config)).filter(
        ([key]) => key !== 'name' && (key === 'engine.precision' || !key.startsWith('engine.')),
      ),
    ),
  )
}
