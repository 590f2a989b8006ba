// A caption that is written from left to right and never reconsidered: what remains to be said is how its next token is chosen.
import { requireFinite } from './search.ts'
import type { Candidates, Ends, Search } from './search.ts'

/** A search of one text; `choose` picks from what may follow it. */
export function oneText({ end, maxLength }: Ends, choose: (candidates: Candidates) => number): Search {
  const tokens: number[] = []
  return {
    advance([candidates]) {
      requireFinite(candidates!)
      const token = choose(candidates!)
      if (token === end) return []
      tokens.push(token)
      return tokens.length < maxLength ? [{ from: 0, token }] : []
    },
    caption: () => tokens,
  }
}
