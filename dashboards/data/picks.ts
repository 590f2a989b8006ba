// Which attempts a comparison shows unless somebody picks others: what a report on PEFT methods needs.
import { isScored, type Attempt } from './attempts.ts'

/** Most runs that fit beside each other without scrolling at 160 columns, and more than anybody compares at once. */
const most = 8
const order = ['none', 'lora', 'adapter', 'prefix']

/**
 * The best finished run of each type among those that may be ranked together; where there are several such groups, the one with most
 * types, of those the newest. Before anything is finished: the newest run of each type. `attempts` newest first.
 */
export function defaultPicks(attempts: readonly Attempt[]): Attempt[] {
  const finished = attempts.filter((attempt) => attempt.run.state === 'finished' && isScored(attempt))
  const groups = new Map<string, Attempt[]>()
  for (const attempt of finished) {
    const group = groups.get(groupOf(attempt))
    if (group === undefined) groups.set(groupOf(attempt), [attempt])
    else group.push(attempt)
  }
  const best = [...groups.values()].map(bestOfEachType).sort((a, b) => worthOf(b) - worthOf(a))[0]
  const newest = () => [...firstOfEachType(attempts).values()]
  return (best ?? newest()).sort((a, b) => placeOf(a.type) - placeOf(b.type)).slice(0, most)
}

/** Training comes before prompts and decoding: those are compared where there is nothing else, or when somebody picks them. */
function worthOf(picks: readonly Attempt[]): number {
  return picks.length + (picks[0]!.run.kind === 'train' ? 100 : 0)
}

function groupOf({ run, circumstances }: Attempt): string {
  return `${run.kind} ${circumstances}`
}

function bestOfEachType(attempts: readonly Attempt[]): Attempt[] {
  if (attempts[0]!.run.kind !== 'train') return [...attempts].sort((a, b) => scoreOf(b) - scoreOf(a)).slice(0, 4)
  const best = new Map<string, Attempt>()
  for (const attempt of attempts) {
    const other = best.get(attempt.type)
    if (other === undefined || scoreOf(attempt) > scoreOf(other)) best.set(attempt.type, attempt)
  }
  return [...best.values()]
}

const scoreOf = ({ cider, accuracy }: Attempt) => cider ?? accuracy ?? -Infinity

function firstOfEachType(attempts: readonly Attempt[]): Map<string, Attempt> {
  const first = new Map<string, Attempt>()
  for (const attempt of attempts) if (!first.has(attempt.type)) first.set(attempt.type, attempt)
  return first
}

function placeOf(type: string): number {
  const place = order.indexOf(type)
  return place === -1 ? order.length : place
}

/** What others are compared with: the run marked as baseline, else the one without PEFT; undefined where there is neither. */
export function baselineOf(picked: readonly Attempt[]): Attempt | undefined {
  return picked.find(({ run }) => run.baseline === 1) ?? picked.find(({ type }) => type === 'none')
}
