// What the log remembers: where it stands, and what is searched for.
export interface LogState {
  /** Lines above its end, where it grows. */
  readonly scroll: number
  /** Lines in which this occurs are marked. */
  readonly search: string
  /** The line of all that was gone to last; undefined: none. */
  readonly found: number | undefined
}

export const logState: LogState = { scroll: 0, search: '', found: undefined }
