// RUN on a command line: an id, the unique beginning of one, or `study/attempt`.
import { UserError } from '../base/errors.ts'
import type { Reader } from './reader.ts'
import type { RunRow } from './run-state.ts'

/**
 * The run that `text` means. `study/attempt` is its newest run; several seeds are ambiguous. Hidden runs answer to their whole id
 * alone. Throws UserError listing the candidates, or the nearest names where there is none.
 */
export function resolveRun(reader: Reader, text: string): RunRow {
  const exact = reader.run(text)
  if (exact !== undefined) return exact
  const runs = reader.runs()
  const matches = text.includes('/') ? newestOfAttempt(runs, text) : runs.filter(({ id }) => text !== '' && id.startsWith(text))
  if (matches.length === 1) return matches[0]!
  if (matches.length > 1) throw new UserError(`RUN "${text}": means any of ${listed(matches)}; give more of the id.`)
  throw new UserError(nothingSentence(runs, text))
}

/** The newest run of each seed. */
function newestOfAttempt(runs: readonly RunRow[], text: string): RunRow[] {
  const own = runs.filter(({ study, attempt }) => `${study}/${attempt}` === text)
  return own.filter(({ seed }, i) => own.findIndex((other) => other.seed === seed) === i)
}

function nothingSentence(runs: readonly RunRow[], text: string): string {
  if (runs.length === 0) return `RUN "${text}": there are no runs yet; make some with \`captune study\` or \`captune train\`.`
  const names = text.includes('/') ? runs.map(({ study, attempt }) => `${study}/${attempt}`) : runs.map(({ id }) => id)
  const nearest = [...new Set(names)]
    .map((name) => ({ name, away: Math.min(distance(text, name), distance(text, name.slice(0, text.length))) }))
    .sort((a, b) => a.away - b.away)
    .slice(0, 3)
  return `RUN "${text}": there is no such run; the nearest are ${nearest.map(({ name }) => name).join(', ')}.`
}

function listed(runs: readonly RunRow[]): string {
  const ids = runs.slice(0, 5).map(({ id }) => id)
  return ids.join(', ') + (runs.length > ids.length ? ` and ${runs.length - ids.length} more` : '')
}

/** Edit distance (Levenshtein): insertions, deletions and changes of a letter. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])))
    row = next
  }
  return row[b.length]!
}
