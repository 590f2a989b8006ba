// What the table of runs remembers: cursor, order, filter, columns.
export interface RunsState {
  /** The row with the cursor, by its key; undefined: the first. */
  readonly cursor: string | undefined
  /** The column with the cursor, by its name. */
  readonly column: string
  readonly sort: { readonly column: string; readonly down: boolean } | undefined
  readonly hidden: readonly string[]
  /** Columns up to this one stay where they are. */
  readonly frozen: string
  readonly filter: string
  /** Seeds of an attempt in one row. */
  readonly grouped: boolean
  /** Scores as differences from the baseline of the study. */
  readonly relative: boolean
}

export const runsState: RunsState = {
  cursor: undefined,
  column: 'run',
  sort: undefined,
  hidden: [],
  frozen: 'run',
  filter: '',
  grouped: false,
  relative: false,
}
