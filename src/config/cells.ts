// What a study is, and its cells: each attempt with each seed, less what the study says to skip.
import { canonicalJson, flatten } from './hash.ts'
import { didYouMean, nearest, type Problem } from './problems.ts'
import type { RunConfig } from './run-config.ts'
import { isMapping, optionsOf, runSchema } from './schema.ts'
import type { Origins } from './load.ts'
import { placeOf, pointerTo, type Tree } from './tree.ts'

export interface Attempt {
  readonly name: string
  /** Complete and checked; its name is the attempt's, its seed is set cell by cell. */
  readonly config: RunConfig
  readonly origins: Origins
}

export interface Study {
  readonly name: string
  readonly kind: 'train'
  /** Path of the base configuration, relative to the checkout's root, or absolute outside it. */
  readonly base: string
  readonly attempts: readonly Attempt[]
  readonly seeds: readonly number[]
  /** The metric that ranks the attempts: `val/cider`. */
  readonly metric: string
  readonly skip: readonly SkipRule[]
}

/** One run of a study. */
export interface Cell {
  readonly attempt: string
  readonly seed: number
  /** Named after the attempt, with the cell's seed. */
  readonly config: RunConfig
}

/** What a cell must have to be left out: `attempt`, `seed` or dotted options -> value. All must agree. */
export type SkipRule = Readonly<Record<string, unknown>>

/** The cells to run: attempts in the study's order, and for each the seeds in theirs. */
export function cells(study: Study): Cell[] {
  return allCells(study.attempts, study.seeds).filter((cell) => !study.skip.some((rule) => agrees(cell, rule)))
}

function allCells(attempts: readonly Attempt[], seeds: readonly number[]): Cell[] {
  return attempts.flatMap(({ name, config }) => seeds.map((seed) => ({ attempt: name, seed, config: { ...config, seed } })))
}

function agrees(cell: Cell, rule: SkipRule): boolean {
  const facts: Record<string, unknown> = { ...flatten(cell.config), attempt: cell.attempt }
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

/** What is wrong with the rules of a study: a key that is none, a rule that fits no cell, nothing left to run. */
export function skipProblems(tree: Tree, study: Study): Problem[] {
  const known = ['attempt', ...optionsOf(runSchema()).filter(({ section }) => !section).map(({ key }) => key)] // prettier-ignore
  const candidates = allCells(study.attempts, study.seeds)
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
