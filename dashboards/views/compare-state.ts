// What the comparison remembers: where its cursor is.
export interface CompareState {
  /** The attempt with the cursor, by its run; undefined: the first. */
  readonly cursor: string | undefined
  /** First line shown. */
  readonly scroll: number
}

export const compareState: CompareState = { cursor: undefined, scroll: 0 }
