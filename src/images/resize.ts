// Bicubic resampling (a = -0.5, antialiased) with Pillow's integer arithmetic, so that not one byte differs from the pixels CLIP was
// trained on: weights as 22-bit fixed point, a horizontal pass rounded to bytes, then a vertical one. (Pillow 13 swaps the passes where
// the height shrinks much more than the width, which resizing in proportion never does.)
import { crop, requireWithin, type Rectangle, type RgbImage } from './rgb-image.ts'
import { fractionBits, sumsOfPixels, sumsOfRows, type Weights } from './weighted-sums.ts'

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
  const narrowed = width === image.width ? crop(image, band) : narrow(image, width, band)
  if (down === undefined) return narrowed
  return { width: seen.width, height: seen.height, data: sumsOfRows(narrowed.data, seen.width * 3, band.top, down) }
}

/** The input rows that all outputs together look at: where an output begins and ends to look only ever moves down. */
function rowsBehind({ first, count }: Weights): { top: number; height: number } {
  const [top, last] = [first[0]!, first.length - 1]
  return { top, height: first[last]! + count[last]! - top }
}

/** Some rows of the image at their new width, of which the rectangle tells the part that is seen. */
function narrow(image: RgbImage, newWidth: number, { left, top, width, height }: Rectangle): RgbImage {
  const stride = image.width * 3
  const weights = weightsFor(image.width, newWidth, left, width)
  return { width, height, data: sumsOfPixels(image.data, top * stride, stride, height, weights) }
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
