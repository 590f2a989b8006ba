// Captions of a batch as rows of real positions: what nn/packing takes apart and puts together.
import { ints, type IntArray } from '../base/nd-array.ts'
import { ignored } from './loss.ts'

/** The fixed sizes that all batches of a training have. */
export interface PackedSizes {
  /** Captions (B). */
  readonly captions: number
  /** Real positions of a caption at most (T). */
  readonly length: number
  /** Rows (R). */
  readonly rows: number
}

/** All of whole numbers. */
export interface PackedCaptions {
  /** (R): the token at each row. */
  readonly ids: IntArray
  /** (R): its position in the caption. */
  readonly positions: IntArray
  /** (R): the token to predict there, -100 in spare rows. */
  readonly targets: IntArray
  /** (R): its place among all positions (B*T). */
  readonly places: IntArray
  /** (B, T): the row of each position. */
  readonly seats: IntArray
}

/** Real positions of a caption of `words` tokens: before each of them, and before the end. */
export const realPositions = (words: number): number => words + 1

/** Rows that batches need which have at most `most` real positions: with room for a spare one wherever a position is padded. */
export function rowsFor(most: number, { captions, length }: Omit<PackedSizes, 'rows'>): number {
  return Math.min(captions * length, Math.ceil((most + 1) / 8) * 8)
}

/** Packs captions given as token ids without start and end. Throws where they need more rows or longer ones. */
export function packCaptions(
  captions: readonly (readonly number[])[],
  { start, end }: { readonly start: number; readonly end: number },
  sizes: PackedSizes,
): PackedCaptions {
  const { length, rows } = sizes
  const real = captions.reduce((sum, words) => sum + realPositions(words.length), 0)
  const padded = sizes.captions * length - real
  if (captions.length !== sizes.captions || captions.some((words) => realPositions(words.length) > length))
    throw new Error(`packCaptions: ${captions.length} captions for ${sizes.captions} of at most ${length} positions`)
  if (real > rows || (real === rows && padded > 0))
    throw new Error(`packCaptions: ${real} positions and a spare one for ${rows} rows`)

  const ids = new Int32Array(rows).fill(end)
  const positions = new Int32Array(rows)
  const targets = new Int32Array(rows).fill(ignored)
  const seats = new Int32Array(sizes.captions * length).fill(rows - 1) // the last row is a spare one, if any position is padded
  const places = new Int32Array(rows)
  let row = 0
  captions.forEach((words, caption) => {
    ids.set([start, ...words], row)
    targets.set([...words, end], row)
    for (let position = 0; position < realPositions(words.length); position++, row++) {
      positions[row] = position
      places[row] = caption * length + position
      seats[places[row]!] = row
    }
  })
  const over = captions.findIndex((words) => realPositions(words.length) < length)
  places.fill((over + 1) * length - 1, row)
  const flat = (data: Int32Array) => ints([rows], data)
  return {
    ...{ ids: flat(ids), positions: flat(positions), targets: flat(targets), places: flat(places) },
    seats: ints([sizes.captions, length], seats),
  }
}
