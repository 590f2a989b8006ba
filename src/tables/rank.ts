// Which numbers of a column are the best and the second: marks for cells.
import type { Mark } from './table.ts'

export interface RankOptions {
  /** `highest` is best unless this says `lowest`. */
  readonly best?: 'highest' | 'lowest'
  /** Only rows of the same group are compared: scores of different data are not. One group unless given. */
  readonly groups?: readonly string[]
}

/** The marks of a column's values, missing ones unmarked. Equal values share a mark; where fewer than two values compare, nothing is best. */
export function rank(
  values: readonly (number | undefined)[],
  { best = 'highest', groups }: RankOptions = {},
): (Mark | undefined)[] {
  const sign = best === 'highest' ? 1 : -1
  return values.map((value, row) => {
    if (value === undefined || Number.isNaN(value)) return undefined
    const others = values.filter(
      (other, i): other is number => other !== undefined && !Number.isNaN(other) && groups?.[i] === groups?.[row],
    )
    const distinct = [...new Set(others)].sort((a, b) => sign * (b - a))
    if (distinct.length < 2) return undefined
    return value === distinct[0] ? 'best' : value === distinct[1] && distinct.length > 2 ? 'second' : undefined
  })
}
