// How a run's state is painted, everywhere alike; the word stands beside the colour.
import type { Attempt } from '../data/attempts.ts'
import { accented, bad, dim, good } from '../style.ts'

export function stateStyle({ run }: Pick<Attempt, 'run'>): (text: string) => string {
  if (run.state === 'running') return accented
  if (run.state === 'finished') return good
  return run.state === 'queued' ? dim : bad
}
