// `captune runs prune`: deletes what was chosen and says how much that freed.
import { IncompleteError } from '../base/errors.ts'
import { chosenRuns, pruneRun, type ChosenRun } from '../recipes/prune-runs.ts'
import { bytes } from '../tables/format.ts'
import { reading } from './one-run.ts'

export interface PruneOptions {
  readonly hidden?: boolean
  readonly failed?: boolean
  readonly older?: number
  readonly dryRun?: boolean
}

/** Throws IncompleteError naming the chosen runs that stay, after the others are gone. */
export function pruneRuns(named: readonly string[], { dryRun, ...which }: PruneOptions): void {
  const chosen = reading((reader) => chosenRuns(reader, { named, ...which }))
  if (chosen.length === 0) return console.log('No run is like that; nothing was deleted.')
  const going = chosen.filter(({ keep }) => keep === undefined)
  const kept = chosen.flatMap(({ run, keep }) => (keep === undefined ? [] : [`${run.id} is kept: ${keep}.`]))
  if (dryRun === true) return tellPlan(going, kept)
  let freed = 0
  for (const each of going) {
    try {
      pruneRun(each.run.id)
      console.log(`deleted ${nameOf(each)}`)
      freed += each.bytes
    } catch (error) {
      if (!(error instanceof IncompleteError)) throw error
      kept.push(error.message)
    }
  }
  console.log(`${bytes(freed)} freed`)
  if (kept.length > 0) throw new IncompleteError(kept.join('\n'))
}

function tellPlan(going: readonly ChosenRun[], kept: readonly string[]): void {
  for (const each of going) console.log(`would delete ${nameOf(each)}`)
  for (const sentence of kept) console.log(sentence)
  console.log(`${bytes(going.reduce((sum, each) => sum + each.bytes, 0))} would be freed`)
}

/** `shapes-lora-s1-7268eaf9 (finished, hidden, 5.2 MB)`. */
function nameOf({ run, bytes: size }: ChosenRun): string {
  return `${run.id} (${[run.state, ...(run.hidden === 1 ? ['hidden'] : []), bytes(size)].join(', ')})`
}
