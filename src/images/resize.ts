// Bicubic resampling (a = -0.5, antialiased) with Pillow's integer arithmetic, so that not one byte differs from the pixels CLIP was
// trained on: weights as 22-bit fixed point, a horizontal pass rounded to bytes, then a vertical one. (Pillow 13 swaps the passes where
// the height shrinks much more than the width, which resizing in proportion never does.)
import type { RgbImage } from './rgb-image.ts'

const fractionBits = 22
const half = 1 << (fractionBits - 1)

/** For each output position the first input position it looks at, how many, and their weights (`taps` places each). */
interface Weights {
  readonly taps: number
  readonly first: Int32Array
  readonly count: Int32Array
  readonly weight: Int32Array
}

/** The image at width x height, as Pillow's `image.resize((width, height), Image.BICUBIC)`. */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  if (width < 1 || height < 1) throw new Error(`cannot resize to ${width} x ${height}`)
  if (width === image.width && height === image.height) return image
  const narrowed = width === image.width ? image : resizeRows(image, width)
  return height === image.height ? narrowed : resizeColumns(narrowed, height)
}

function resizeRows(image: RgbImage, width: number): RgbImage {
  const { taps, first, count, weight } = weightsFor(image.width, width)
  const source = image.data
  const data = new Uint8Array(width * image.height * 3)
  let target = 0
  for (let row = 0; row < image.height; row++) {
    const start = row * image.width * 3
    for (let x = 0; x < width; x++) {
      let red = half
      let green = half
      let blue = half
      let from = start + first[x]! * 3
      const end = x * taps + count[x]!
      for (let k = x * taps; k < end; k++, from += 3) {
        const w = weight[k]!
        red = (red + Math.imul(w, source[from]!)) | 0
        green = (green + Math.imul(w, source[from + 1]!)) | 0
        blue = (blue + Math.imul(w, source[from + 2]!)) | 0
      }
      data[target++] = toByte(red)
      data[target++] = toByte(green)
      data[target++] = toByte(blue)
    }
  }
  return { width, height: image.height, data }
}

/** Works along rows, a row of sums at a time: memory is read in the order in which it lies. */
function resizeColumns(image: RgbImage, height: number): RgbImage {
  const { taps, first, count, weight } = weightsFor(image.height, height)
  const source = image.data
  const stride = image.width * 3
  const data = new Uint8Array(stride * height)
  const sums = new Int32Array(stride)
  for (let y = 0; y < height; y++) {
    sums.fill(half)
    for (let k = 0; k < count[y]!; k++) {
      const w = weight[y * taps + k]!
      const from = (first[y]! + k) * stride
      for (let i = 0; i < stride; i++) sums[i] = (sums[i]! + Math.imul(w, source[from + i]!)) | 0
    }
    for (let i = 0; i < stride; i++) data[y * stride + i] = toByte(sums[i]!)
  }
  return { width: image.width, height, data }
}

function toByte(sum: number): number {
  const value = sum >> fractionBits
  return value < 0 ? 0 : value > 255 ? 255 : value
}

const known = new Map<string, Weights>()
const mostKnown = 256

/** The weights from `input` to `output` positions, kept for the next image of the same size. */
function weightsFor(input: number, output: number): Weights {
  const key = `${input} ${output}`
  let weights = known.get(key)
  if (weights === undefined) {
    weights = computeWeights(input, output)
    if (known.size >= mostKnown) known.clear()
    known.set(key, weights)
  }
  return weights
}

function computeWeights(input: number, output: number): Weights {
  const scale = input / output
  const filterScale = Math.max(scale, 1)
  const support = 2 * filterScale
  const taps = Math.ceil(support) * 2 + 1
  const first = new Int32Array(output)
  const count = new Int32Array(output)
  const weight = new Int32Array(output * taps)
  for (let i = 0; i < output; i++) {
    const centre = (i + 0.5) * scale
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
