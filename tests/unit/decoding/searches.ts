import type { Candidates, Continuation, Search } from '../../../src/decoding/search.ts'

/** Candidates from scores by token, the likeliest first. */
export function candidates(scores: Readonly<Record<number, number>>): Candidates {
  const ids = Int32Array.from(Object.keys(scores), Number).sort((a, b) => scores[b]! - scores[a]! || a - b)
  return { ids, logProbs: Float32Array.from(ids, (id) => scores[id]!) }
}

/** Runs a search to its end, given what may follow each text of tokens; tells what was read at each step, too. */
export function searched(search: Search, follow: (text: readonly number[]) => Readonly<Record<number, number>>) {
  const read: string[][] = []
  let texts: readonly (readonly number[])[] = [[]]
  for (;;) {
    read.push(texts.map((text) => text.join(' ')))
    const going: readonly Continuation[] = search.advance(texts.map((text) => candidates(follow(text))))
    if (going.length === 0) return { caption: search.caption(), read }
    texts = going.map(({ from, token }) => [...texts[from]!, token])
  }
}
