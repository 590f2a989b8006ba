// What the parts of the benchmark have in common.
import type { TorchHere } from './entrants.ts'
import type { Row, Skipped } from './rows.ts'

export interface Surroundings {
  /** Fewer repetitions, and nothing of full size. */
  readonly quick: boolean
  readonly torch: TorchHere
  /** Says what is being measured now. */
  readonly report: (what: string) => void
}

export interface Part {
  /** As on the command line. */
  readonly name: string
  readonly about: string
  measure(around: Surroundings): Promise<(Row | Skipped)[]>
}
