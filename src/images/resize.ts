// Bicubic resampling (a = -0.5, antialiased) with Pillow's integer arithmetic, so that not one byte differs from the pixels CLIP was
// trained on: weights as 22-bit fixed point, a horizontal pass rounded to bytes, then a vertical one. (Pillow 13 swaps the passes where
// the height shrinks much more than the width, which resizing in proportion never does.)
import { crop, requireWithin, type Rectangle, type RgbImage } from './rgb-image.ts'

const fractionBits = 22
const half = 1 << (fractionBits - 1)

/** For each of some output positions the first input position it looks at, how many, and their weights (`taps` places each). */
interface Weights {
  readonly taps: number
  readonly first: Int32Array
  readonly count: Int32Array
  readonly weight: Int32Array
}

/**
 * The image at width x height, as Pillow's `image.resize((width, height), Image.BICUBIC)`; of it the rectangle `seen` alone, whose
 * pixels do not depend on those that are left out. Throws where the rectangle leaves the resized image.
 */
export function resizeBicubic(
  image: RgbImage,
  width: number,
  height: number,
  seen: Rectangle = { left: 0, top: 0, width, height },
): RgbImage {
  if (width < 1 || height < 1) throw new Error(`cannot resize to ${width} x ${height}`)
  requireWithin(seen, { width, height })
  const down = height === image.height ? undefined : weightsFor(image.height, height, seen.top, seen.height)
  const band = { ...seen, ...(down && rowsBehind(down)) }
  const narrowed =
    width === image.width ? crop(image, band) : resizeRows(image, weightsFor(image.width, width, seen.left, seen.width), band)
  return down === undefined ? narrowed : resizeColumns(narrowed, down, band.top)
}

/** The input rows that all outputs together look at: where an output begins and ends to look only ever moves down. */
function rowsBehind({ first, count }: Weights): { top: number; height: number } {
  const [top, last] = [first[0]!, first.length - 1]
  return { top, height: first[last]! + count[last]! - top }
}

/** `height` rows of the image from `top` on, each at its new width. */
function resizeRows(image: RgbImage, { taps, first, count, weight }: Weights, { top, height }: Rectangle): RgbImage {
  const width = first.length
  const [stride, newStride] = [image.width * 3, width * 3]
  const data = new Uint8Array(newStride * height)
  for (let row = 0; row < height; row += 2) {
    const below = row + 1 < height ? 1 : 0 // a last row without a partner is computed twice
    for (let x = 0; x < width; x++) {
      const from = (top + row) * stride + first[x]! * 3
      const k = x * taps
      weighTwo(image.data, from, below * stride, 3, weight, k, k + count[x]!, data, row * newStride + x * 3, below * newStride)
    }
  }
  return { width, height, data }
}

/** The image at its new height; its first row is row `top` of those that the weights speak of. */
function resizeColumns({ width, data: source }: RgbImage, { taps, first, count, weight }: Weights, top: number): RgbImage {
  const height = first.length
  const stride = width * 3
  const data = new Uint8Array(stride * height)
  for (let y = 0; y < height; y++) {
    const from = (first[y]! - top) * stride
    const k = y * taps
    for (let x = 0; x < width; x += 2) {
      const right = x + 1 < width ? 3 : 0
      weighTwo(source, from + x * 3, right, stride, weight, k, k + count[y]!, data, y * stride + x * 3, right)
    }
  }
  return { width, height, data }
}

/**
 * Weighted sums for two output pixels, because a weight that was fetched then serves six products: this loop is where the time goes.
 * The first sums pixels `step` bytes apart from `from` on, the second those `other` bytes further; they go to `to` and `otherTo` further.
 */
function weighTwo(
  source: Uint8Array,
  from: number,
  other: number,
  step: number,
  weight: Int32Array,
  k: number,
  end: number,
  target: Uint8Array,
  to: number,
  otherTo: number,
): void {
  let red = half
  let green = half
  let blue = half
  let red2 = half
  let green2 = half
  let blue2 = half
  for (let at = from; k < end; k++, at += step) {
    const w = weight[k]!
    const at2 = at + other
    red = (red + Math.imul(w, source[at]!)) | 0
    green = (green + Math.imul(w, source[at + 1]!)) | 0
    blue = (blue + Math.imul(w, source[at + 2]!)) | 0
    red2 = (red2 + Math.imul(w, source[at2]!)) | 0
    green2 = (green2 + Math.imul(w, source[at2 + 1]!)) | 0
    blue2 = (blue2 + Math.imul(w, source[at2 + 2]!)) | 0
  }
  target[to] = toByte(red)
  target[to + 1] = toByte(green)
  target[to + 2] = toByte(blue)
  target[to + otherTo] = toByte(red2)
  target[to + otherTo + 1] = toByte(green2)
  target[to + otherTo + 2] = toByte(blue2)
}

function toByte(sum: number): number {
  const value = sum >> fractionBits
  return value < 0 ? 0 : value > 255 ? 255 : value
}

const known = new Map<string, Weights>()
const mostKnown = 256

/** The weights of `count` of `output` positions over `input`, from `start` on; kept for the next image of the same size. */
function weightsFor(input: number, output: number, start: number, count: number): Weights {
  const key = `${input} ${output} ${start} ${count}`
  let weights = known.get(key)
  if (weights === undefined) {
    weights = computeWeights(input, output, start, count)
    if (known.size >= mostKnown) known.clear()
    known.set(key, weights)
  }
  return weights
}

function computeWeights(input: number, output: number, start: number, outputs: number): Weights {
  const scale = input / output
  const filterScale = Math.max(scale, 1)
  const support = 2 * filterScale
  const taps = Math.ceil(support) * 2 + 1
  const first = new Int32Array(outputs)
  const count = new Int32Array(outputs)
  const weight = new Int32Array(outputs * taps)
  for (let i = 0; i < outputs; i++) {
    const centre = (start + i + 0.5) * scale
    const from = Math.max(Math.trunc(centre - support + 0.5), 0)
    const to = Math.min(Math.trunc(centre + support + 0.5), input)
    const parts = Array.from({ length: to - from }, (_, k) => bicubic((k + from - centre + 0.5) * (1 / filterScale)))
    const total = parts.reduce((sum, part) => sum + part, 0)
    first[i] = from
    count[i] = parts.length
    parts.forEach((part, k) => (weight[i * taps + k] = toFixedPoint(total === 0 ? part : part / total)))
  }
  return { taps, first, count, weight }
}

function toFixedPoint(value: number): number {
  return Math.trunc(value * 2 ** fractionBits + (value < 0 ? -0.5 : 0.5))
}

/** Keys' cubic with a = -0.5, in the order of operations that fixes its last bit. */
function bicubic(distance: number): number {
  const a = -0.5
  const x = Math.abs(distance)
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a
  return 0
}
