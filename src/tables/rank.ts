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
  const distinct = new Map<string | undefined, Set<number>>()
  for (const [row, value] of values.entries()) {
    if (value === undefined || Number.isNaN(value)) continue
    const group = distinct.get(groups?.[row]) ?? new Set()
    distinct.set(groups?.[row], group.add(value))
  }
  const ranked = new Map([...distinct].map(([group, its]) => [group, [...its].sort((a, b) => sign * (b - a)).slice(0, 3)]))
  return values.map((value, row) => {
    const [first, second, third] = ranked.get(groups?.[row]) ?? []
    if (value === undefined || second === undefined) return undefined
    return value === first ? 'best' : value === second && third !== undefined ? 'second' : undefined
  })
}
