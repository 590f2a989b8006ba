// Byte-pair encoding: as long as some neighbours form a known pair, every occurrence of the earliest-learned pair becomes one token.

/** Two neighbouring tokens and the one that replaces them; a list of merges is in the order in which they were learned. */
export interface Merge<Token> {
  readonly left: Token
  readonly right: Token
  readonly merged: Token
}

/** A function that merges a word's token ids as far as `merges` go. `size` is the number of ids there are. */
export function pairMerger(merges: readonly Merge<number>[], size: number): (ids: readonly number[]) => readonly number[] {
  const ranks = new Map<number, number>(merges.map(({ left, right }, rank) => [left * size + right, rank]))

  function earliestPair(ids: readonly number[]): Merge<number> | undefined {
    let best = Infinity
    for (let i = 0; i + 1 < ids.length; i++) {
      const rank = ranks.get(ids[i]! * size + ids[i + 1]!)
      if (rank !== undefined && rank < best) best = rank
    }
    return merges[best]
  }

  return (word) => {
    let ids = word
    for (let pair = earliestPair(ids); pair !== undefined; pair = earliestPair(ids)) ids = mergeAll(ids, pair)
    return ids
  }
}

/** Replaces every occurrence of the pair, from left to right. */
export function mergeAll<Token>(tokens: readonly Token[], { left, right, merged }: Merge<Token>): Token[] {
  const result: Token[] = []
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] === left && tokens[i + 1] === right) {
      result.push(merged)
      i++
    } else {
      result.push(tokens[i]!)
    }
  }
  return result
}

/** Captions repeat few words: the ids of each are worked out once. `limit` bounds the memory that hostile text can take. */
export function rememberWords(idsOf: (word: string) => readonly number[], limit = 200_000): (word: string) => readonly number[] {
  const known = new Map<string, readonly number[]>()
  return (word) => {
    let ids = known.get(word)
    if (ids === undefined) {
      ids = idsOf(word)
      if (known.size >= limit) known.clear()
      known.set(word, ids)
    }
    return ids
  }
}
