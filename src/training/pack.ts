// Captions of a batch as rows of real positions: what nn/packing takes apart and puts together.
import { ints, type IntArray } from '../base/nd-array.ts'
import { ignored } from './loss.ts'

/** The fixed sizes that all batches of a training have. */
export interface PackedSizes {
  /** Rows (R). */
  readonly rows: number
  /** Lines (L) in which captions stand one after another. */
  readonly lines: number
  /** Positions of a line (T). */
  readonly length: number
  /** Images (I). */
  readonly images: number
  /** Positions of an image's captions together (M). */
  readonly perImage: number
}

/** All of whole numbers. */
export interface PackedCaptions {
  /** (R): the token at each row. */
  readonly ids: IntArray
  /** (R): its position in the caption. */
  readonly positions: IntArray
  /** (R): the token to predict there, -100 in spare rows. */
  readonly targets: IntArray
  /** (R): its place among all positions of lines (L*T). */
  readonly linePlaces: IntArray
  /** (L, T): the row of each position. */
  readonly lineSeats: IntArray
  /** (L, T): where in its line the caption of each position begins. */
  readonly lineStarts: IntArray
  /** (R): its place among all positions of images (I*M). */
  readonly imagePlaces: IntArray
  /** (I, M): the row of each position. */
  readonly imageSeats: IntArray
}

/** Real positions of a caption of `words` tokens: before each of them, and before the end. */
export const realPositions = (words: number): number => words + 1

/**
 * The least sizes for batches of captions with so many real positions each, those of an image adjacent. Captions that are all of one
 * length pad nothing; of others, every batch has a spare row, and a spare position in its lines and images. Goes through the batches
 * several times.
 */
export function sizesFor(batches: Iterable<readonly number[]>, images: number): PackedSizes {
  let [shortest, longest] = [Infinity, 0]
  for (const lengths of batches) [shortest, longest] = [Math.min(shortest, ...lengths), Math.max(longest, ...lengths)]
  const length = shortest === longest ? longest : cheapestLines(batches, longest)
  let [lines, perImage, most] = [0, 0, 0]
  for (const lengths of batches) {
    lines = Math.max(lines, inLines(lengths, length).lines)
    perImage = Math.max(perImage, ...sums(lengths, images))
    most = Math.max(most, total(lengths))
  }
  if (shortest === longest) return { rows: most, lines, length, images, perImage }
  return {
    rows: Math.ceil((most + 1) / 8) * 8,
    lines: Math.max(lines, Math.ceil((most + 1) / length)),
    length,
    images,
    perImage: Math.max(perImage, Math.ceil((most + 1) / images)),
  }
}

/**
 * How long lines should be so that attention costs least, told from the first batches: long ones have room for one more caption where
 * short ones stay half empty, but a position is compared with all of its line.
 */
function cheapestLines(batches: Iterable<readonly number[]>, longest: number): number {
  const movement = 40 // to bring a position into its line and back costs as much as so many comparisons (GPT-2 small, onnxruntime)
  const lengths = Array.from({ length: 2 * longest + 1 }, (_, more) => longest + more)
  const costs = lengths.map(() => 0)
  let seen = 0
  for (const batch of batches) {
    lengths.forEach((length, i) => (costs[i]! += inLines(batch, length).lines * length * (length + movement)))
    if (++seen === 16) break
  }
  return lengths[costs.indexOf(Math.min(...costs))]!
}

/** Packs captions given as token ids without start and end, those of an image adjacent. Throws where they do not fit. */
export function packCaptions(
  captions: readonly (readonly number[])[],
  { start, end }: { readonly start: number; readonly end: number },
  sizes: PackedSizes,
): PackedCaptions {
  const { rows, lines, length, images, perImage } = sizes
  const lengths = captions.map((words) => realPositions(words.length))
  const standing = inLines(lengths, length)
  requireFit(lengths, standing.lines, sizes)

  const line = movement(standing.begins, lengths, { rows, places: lines * length })
  const image = movement(besideImages(lengths, sizes), lengths, { rows, places: images * perImage })
  const lineStarts = Int32Array.from({ length: lines * length }, (_, place) => place % length)
  standing.begins.forEach((begin, caption) => lineStarts.fill(begin % length, begin, begin + lengths[caption]!))
  const ids = new Int32Array(rows).fill(end)
  const positions = new Int32Array(rows)
  const targets = new Int32Array(rows).fill(ignored)
  let row = 0
  captions.forEach((words, caption) => {
    ids.set([start, ...words], row)
    targets.set([...words, end], row)
    for (let position = 0; position < lengths[caption]!; position++) positions[row++] = position
  })
  const flat = (data: Int32Array) => ints([rows], data)
  return {
    ...{ ids: flat(ids), positions: flat(positions), targets: flat(targets) },
    ...{ linePlaces: flat(line.places), lineSeats: ints([lines, length], line.seats) },
    lineStarts: ints([lines, length], lineStarts),
    ...{ imagePlaces: flat(image.places), imageSeats: ints([images, perImage], image.seats) },
  }
}

/**
 * Where captions of these lengths stand in lines of `length` positions, counted through all lines: the longest first, each in the first
 * line that has room.
 */
function inLines(lengths: readonly number[], length: number): { lines: number; begins: readonly number[] } {
  const begins = new Array<number>(lengths.length)
  const taken: number[] = []
  for (const caption of [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!)) {
    const line = taken.findIndex((positions) => positions + lengths[caption]! <= length)
    begins[caption] = line === -1 ? taken.length * length : line * length + taken[line]!
    if (line === -1) taken.push(lengths[caption]!)
    else taken[line]! += lengths[caption]!
  }
  return { lines: taken.length, begins }
}

/** Where captions stand side by side with those of their image, counted through all images. */
function besideImages(lengths: readonly number[], { images, perImage }: PackedSizes): number[] {
  const each = lengths.length / images
  let at = 0
  return lengths.map((length, caption) => {
    if (caption % each === 0) at = (caption / each) * perImage
    at += length
    return at - length
  })
}

/** The real positions of each image's captions together. */
function sums(lengths: readonly number[], images: number): number[] {
  const each = lengths.length / images
  return Array.from({ length: images }, (_, image) => total(lengths.slice(image * each, (image + 1) * each)))
}

const total = (lengths: readonly number[]): number => lengths.reduce((sum, length) => sum + length, 0)

/** The row of each place where caption i begins at `begins[i]`, and the place of each row; `sizes` are those of both. */
function movement(begins: readonly number[], lengths: readonly number[], sizes: { rows: number; places: number }) {
  const spare = sizes.rows - 1 // if anything is padded
  const seats = new Int32Array(sizes.places).fill(spare)
  const places = new Int32Array(sizes.rows)
  let row = 0
  lengths.forEach((length, caption) => {
    for (let position = 0; position < length; position++, row++) {
      places[row] = begins[caption]! + position
      seats[places[row]!] = row
    }
  })
  places.fill(seats.indexOf(spare), row)
  return { seats, places }
}

function requireFit(lengths: readonly number[], standing: number, sizes: PackedSizes): void {
  const { rows, lines, length, images, perImage } = sizes
  const needed = [standing, Math.max(...lengths), Math.max(...sums(lengths, images))] as const
  const padsNothing = lengths.every((each) => each === length) && rows === lines * length && rows === images * perImage
  const hasSpare = Math.min(rows, lines * length, images * perImage) > total(lengths)
  if (needed[0] <= lines && needed[1] <= length && needed[2] <= perImage && (padsNothing || hasSpare)) return
  throw new Error(`packCaptions: captions of ${lengths.join(', ')} positions do not fit into ${JSON.stringify(sizes)}`)
}
