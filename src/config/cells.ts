// What a study is, and its cells: each attempt with each seed, less what the study says to skip.
import type { ClassifyConfig } from './classify-config.ts'
import { canonicalJson, flatten } from './hash.ts'
import { didYouMean, nearest, type Problem } from './problems.ts'
import type { RunConfig } from './run-config.ts'
import { isMapping, optionsOf, type Schema } from './schema.ts'
import type { Origins } from './load.ts'
import { placeOf, pointerTo, type Tree } from './tree.ts'

export interface Attempt<Config> {
  readonly name: string
  /** Complete and checked; its name is the attempt's, its seed is set cell by cell. */
  readonly config: Config
  readonly origins: Origins
}

/** What all kinds of studies have. */
export interface StudyOf<Config> {
  readonly name: string
  /** Path of the base configuration, relative to the checkout's root, or absolute outside it. */
  readonly base: string
  readonly attempts: readonly Attempt<Config>[]
  /** Of what has no randomness: 0 alone. */
  readonly seeds: readonly number[]
  /** The metric that ranks the attempts: `val/cider`. */
  readonly metric: string
  readonly skip: readonly SkipRule[]
}

/** Attempts to train a captioner. */
export type TrainStudy = StudyOf<RunConfig> & { readonly kind: 'train' }
/** Ways of asking a CLIP for the class of an image. */
export type ClassifyStudy = StudyOf<ClassifyConfig> & { readonly kind: 'classify' }
/** Ways of decoding what one run, `parent`, has learned. */
export type DecodeStudy = StudyOf<RunConfig> & { readonly kind: 'decode'; readonly parent: string }
export type Study = TrainStudy | ClassifyStudy | DecodeStudy

/** One run of a study. */
export interface Cell<Config = RunConfig> {
  readonly attempt: string
  readonly seed: number
  /** Named after the attempt, with the cell's seed where it has one. */
  readonly config: Config
}

/** What a cell must have to be left out: `attempt`, `seed` or dotted options -> value. All must agree. */
export type SkipRule = Readonly<Record<string, unknown>>

/** The cells to run: attempts in the study's order, and for each the seeds in theirs. */
export function cells<Config extends object>(study: StudyOf<Config>): Cell<Config>[] {
  return allCells(study).filter((cell) => !study.skip.some((rule) => agrees(cell, rule)))
}

function allCells<Config extends object>({ attempts, seeds }: StudyOf<Config>): Cell<Config>[] {
  return attempts.flatMap(({ name, config }) =>
    seeds.map((seed) => ({ attempt: name, seed, config: 'seed' in config ? { ...config, seed } : config })),
  )
}

function agrees({ attempt, seed, config }: Cell<object>, rule: SkipRule): boolean {
  const facts: Record<string, unknown> = { ...flatten(config), attempt, seed }
  return Object.entries(rule).every(([key, value]) => canonicalJson(facts[key] ?? null) === canonicalJson(value))
}

/** The `skip` entries of a study's tree with nested options written dotted. */
export function skipRules(entries: unknown): SkipRule[] {
  return Array.isArray(entries) ? entries.filter(isMapping).map((entry) => Object.fromEntries(dotted(entry, ''))) : []
}

function dotted(value: unknown, key: string): [string, unknown][] {
  if (!isMapping(value)) return [[key, value]]
  return Object.entries(value).flatMap(([name, inside]) => dotted(inside, key === '' ? name : `${key}.${name}`))
}

/** What is wrong with the rules of a study: a key that is none of `schema`, a rule that fits no cell, nothing left to run. */
export function skipProblems(schema: Schema, tree: Tree, study: StudyOf<object>): Problem[] {
  const known = ['attempt', 'seed', ...optionsOf(schema).filter(({ section }) => !section).map(({ key }) => key)] // prettier-ignore
  const candidates = allCells(study)
  const problems = study.skip.flatMap((rule, i): Problem[] => {
    const place = placeOf(tree, pointerTo('/skip', i))
    const unknown = Object.keys(rule).find((key) => !known.includes(key))
    if (unknown !== undefined) {
      return [
        {
          place,
          sentence: `unknown key "${unknown}" in skip; attempt, seed or an option is needed${nearestKey(unknown, known)}`,
        },
      ]
    }
    if (candidates.some((cell) => agrees(cell, rule))) return []
    return [{ place, sentence: `skip[${i}] fits no cell of the study; an attempt, seed or value that occurs in it is needed` }]
  })
  if (problems.length > 0 || cells(study).length > 0) return problems
  return [{ place: placeOf(tree, '/skip'), sentence: `skip leaves out all ${candidates.length} cells; at least one is needed` }]
}

function nearestKey(key: string, known: readonly string[]): string {
  const sameEnd = known.filter((candidate) => candidate.endsWith(`.${key}`))
  return nearest(key, known) || didYouMean(sameEnd)
}
