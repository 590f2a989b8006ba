// Greedy decoding of many rows at once. It knows a function that gives the next token's logits, never a model; beam search and
// sampling take the same function.

/**
 * Logits (rows x V, row-major) of the token after `last` (rows), which stands at `position`; position 0 is the start token's. Called
 * once a position, in order: what stands behind it may keep keys and values of all earlier tokens.
 */
export type NextToken = (last: Int32Array, position: number) => Promise<Float32Array>

export interface GreedyOptions {
  /** Captions decoded together. */
  readonly rows: number
  readonly start: number
  readonly end: number
  /** Tokens of a caption at most, the end token not counted. */
  readonly maxLength: number
}

/**
 * The likeliest token at each position, the lowest id among equals, until `end` or `maxLength`. Returns token ids without start and end.
 * Rows do not influence each other: a finished row is fed `end` while the others go on.
 */
export async function greedy(next: NextToken, { rows, start, end, maxLength }: GreedyOptions): Promise<number[][]> {
  const captions: number[][] = Array.from({ length: rows }, () => [])
  const finished = new Set<number>()
  let last = new Int32Array(rows).fill(start)
  for (let position = 0; position < maxLength && finished.size < rows; position++) {
    const logits = await next(last, position)
    const vocabulary = logits.length / rows
    last = new Int32Array(rows).fill(end)
    captions.forEach((caption, row) => {
      if (finished.has(row)) return
      const token = likeliest(logits, row * vocabulary, vocabulary)
      if (token === end) {
        finished.add(row)
      } else {
        caption.push(token)
        last[row] = token
      }
    })
  }
  return captions
}

function likeliest(logits: Float32Array, begin: number, vocabulary: number): number {
  let best = 0
  for (let token = 1; token < vocabulary; token++) if (logits[begin + token]! > logits[begin + best]!) best = token
  if (!Number.isFinite(logits[begin + best]))
    throw new Error(`the logits of the next token are not finite (${logits[begin + best]!})`)
  return best
}
