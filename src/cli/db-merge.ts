// `captune db merge`: what another database added to ours.
import { resolve } from 'node:path'
import { IncompleteError } from '../base/errors.ts'
import { databasePath } from '../recipes/places.ts'
import { mergeDatabase, type Merged } from '../tracking/merge.ts'

/** Throws IncompleteError naming the runs that could not be merged, after all others are. */
export function merge(other: string): void {
  const merged = mergeDatabase(databasePath(), resolve(other))
  for (const [what, runs] of listsOf(merged)) {
    for (const run of runs.slice(0, 20)) console.log(`${what} ${run}`)
    if (runs.length > 20) console.log(`${what} ${runs.length - 20} more`)
  }
  console.log(`${counted(merged.added, 'new run')}; ${merged.unchanged} as they were.`)
  const left = [
    ...merged.conflicts.map(({ run, reason }) => `${run} stays as it is here: ${reason}.`),
    ...merged.underWay.map((run) => `${run} is under way; merge again when it has ended.`),
  ]
  if (left.length > 0) throw new IncompleteError(left.join('\n'))
}

const listsOf = ({ added, updated, completed }: Merged): [string, readonly string[]][] => [
  ['added', added],
  ['brought up to date', updated],
  ['completed', completed],
]

const counted = (runs: readonly string[], what: string): string => `${runs.length} ${what}${runs.length === 1 ? '' : 's'}`
