// What every way of writing captions shares. A search makes one caption; it is told what may follow its texts and says which of them go
// on. It knows no model, no image and no other search, so that a caption cannot depend on what is decoded beside it.

/** What may follow a text, the likeliest first: tokens and the natural logarithms of their probabilities. */
export interface Candidates {
  readonly ids: Int32Array
  readonly logProbs: Float32Array
}

/** A text that goes on: which of the texts read last it is, and the token behind it. */
export interface Continuation {
  readonly from: number
  readonly token: number
}

export interface Search {
  /** Given what may follow each text read last (at first the start token alone): the texts to read next, or none when the caption is found. */
  advance(candidates: readonly Candidates[]): readonly Continuation[]
  /** Token ids without start and end, once the caption is found. */
  caption(): number[]
}

export interface Strategy {
  /** Texts of a caption that are read side by side, at most. */
  readonly beams: number
  /** How many candidates a search must be told of for each text; of a smaller vocabulary, all. */
  readonly candidates: number
  /** A search for the caption of an image; what is drawn by chance depends on the image's `name` alone. */
  begin(name: string): Search
}

/** How captions end, whatever the strategy. */
export interface Ends {
  readonly start: number
  readonly end: number
  /** Tokens of a caption at most, the end token not counted. */
  readonly maxLength: number
}

/** Throws where a model gave no number: nothing can be chosen among those. */
export function requireFinite({ logProbs }: Candidates): void {
  if (!Number.isFinite(logProbs[0])) throw new Error(`the scores of the next token are not finite (${String(logProbs[0])})`)
}
