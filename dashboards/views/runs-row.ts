// A row of the table of runs.
import type { Attempt } from '../data/attempts.ts'
import type { Group } from '../data/groups.ts'

export interface RunsRow {
  readonly key: string
  /** The run itself, or the newest of its group. */
  readonly attempt: Attempt
  readonly group: Group | undefined
}
