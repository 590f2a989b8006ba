// The best and the second best of a column among thousands of rows, in one pass. Only rows scored in equal circumstances are ranked.
import type { Mark } from '../../src/tables/table.ts'

interface Podium {
  first: number
  second: number
  /** How many different numbers there are, counted to 3. */
  distinct: number
}

/** The marks of numbers, as `rank` of src/tables gives them. */
export function podiums(
  values: readonly (number | undefined)[],
  groups: readonly string[],
  best: 'highest' | 'lowest' = 'highest',
): (Mark | undefined)[] {
  const sign = best === 'highest' ? 1 : -1
  const byGroup = new Map<string, Podium>()
  values.forEach((value, i) => {
    if (value !== undefined && !Number.isNaN(value)) place(byGroup, groups[i]!, sign * value)
  })
  return values.map((value, i) => {
    const podium = byGroup.get(groups[i]!)
    if (value === undefined || podium === undefined || podium.distinct < 2) return undefined
    if (sign * value === podium.first) return 'best'
    return sign * value === podium.second && podium.distinct > 2 ? 'second' : undefined
  })
}

function place(podiumsByGroup: Map<string, Podium>, group: string, value: number): void {
  const podium = podiumsByGroup.get(group)
  if (podium === undefined) {
    podiumsByGroup.set(group, { first: value, second: -Infinity, distinct: 1 })
    return
  }
  if (value === podium.first || value === podium.second) return
  podium.distinct = Math.min(3, podium.distinct + 1)
  if (value > podium.first) [podium.first, podium.second] = [value, podium.first]
  else if (value > podium.second) podium.second = value
}
