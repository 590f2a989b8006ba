// Runs of one attempt under several seeds as one row: mean and standard deviation of each number, and how many seeds are there.
import type { Attempt } from './attempts.ts'

export interface Group {
  readonly key: string
  /** Newest first; never empty. */
  readonly members: readonly Attempt[]
  /** Seeds of its study. */
  readonly seeds: number
}

export interface Spread {
  readonly mean: number
  /** Of the sample (n - 1); undefined for one value. */
  readonly sd: number | undefined
  readonly n: number
}

/** Groups in the order of their newest runs. Of several runs with one seed the newest finished counts, else the newest. */
export function groupSeeds(attempts: readonly Attempt[]): Group[] {
  const groups = new Map<string, Attempt[]>()
  const seeds = new Map<string, Set<number>>()
  for (const attempt of attempts) {
    const { study, seed } = attempt.run
    const key = groupKey(attempt)
    const members = groups.get(key) ?? []
    groups.set(key, members)
    const twin = members.findIndex((member) => member.run.seed === seed)
    if (twin === -1) members.push(attempt)
    else if (members[twin]!.run.state !== 'finished' && attempt.run.state === 'finished') members[twin] = attempt
    seeds.set(study, (seeds.get(study) ?? new Set()).add(seed))
  }
  return [...groups].map(([key, members]) => ({ key, members, seeds: seeds.get(members[0]!.run.study)!.size }))
}

function groupKey({ run, method }: Attempt): string {
  return `${run.study}/${run.attempt}/${method}`
}

/** Undefined where no member has the number. */
export function spreadOf(members: readonly Attempt[], value: (attempt: Attempt) => number | undefined): Spread | undefined {
  const values = members.map(value).filter((number): number is number => number !== undefined && !Number.isNaN(number))
  if (values.length === 0) return undefined
  const mean = values.reduce((sum, number) => sum + number, 0) / values.length
  const squares = values.reduce((sum, number) => sum + (number - mean) ** 2, 0)
  return { mean, sd: values.length < 2 ? undefined : Math.sqrt(squares / (values.length - 1)), n: values.length }
}
