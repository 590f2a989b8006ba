// What the comparison remembers: where its cursor is, and whether it is a table or a scatter, and of which options it tells.

export const costs = ['trained', 'time'] as const
export type Cost = (typeof costs)[number]

export interface CompareState {
  /** The attempt with the cursor, by its run; undefined: the first. */
  readonly cursor: string | undefined
  /** First line shown. */
  readonly scroll: number
  /** What scores are drawn against; undefined: the table. */
  readonly against: Cost | undefined
  /** Options that all attempts share are shown too. */
  readonly allOptions: boolean
}

export const compareState: CompareState = { cursor: undefined, scroll: 0, against: undefined, allOptions: false }
