// The likeliest token, again and again.
import { oneText } from './one-text.ts'
import type { Ends, Strategy } from './search.ts'

/** The likeliest token at each position, the lowest id among equals, until the end or the longest caption. */
export function greedy(ends: Ends): Strategy {
  return { beams: 1, candidates: 1, begin: () => oneText(ends, ({ ids }) => ids[0]!) }
}
