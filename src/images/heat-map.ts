// Heat over a photograph: it fades to light grey where the heat is low, and is tinted from yellow over orange to dark violet where it is
// high. Brightness falls with the heat all the way, so that maps can be read in print, without colour, and by anybody's colour vision.
import type { Rectangle, RgbImage } from './rgb-image.ts'

/** Values over equal patches, row by row from the upper left. Not negative. */
export interface HeatMap {
  readonly rows: number
  readonly columns: number
  readonly values: Float32Array
}

/** `photo` under the map, which lies over its part `seen` and is scaled to its largest value; outside of it there is no heat. */
export function heatOver(photo: RgbImage, map: HeatMap, seen: Rectangle): RgbImage {
  const heat = smoothed(map, photo, seen)
  const most = map.values.reduce((largest, value) => Math.max(largest, value), 0)
  const data = new Uint8Array(photo.data.length)
  heat.forEach((value, i) => {
    const level = most > 0 ? Math.min(1, value / most) : 0
    const tint = heatColour(level)
    const [red, green, blue] = [photo.data[3 * i]!, photo.data[3 * i + 1]!, photo.data[3 * i + 2]!]
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue
    for (let channel = 0; channel < 3; channel++) {
      const faded = 255 - 0.45 * (255 - grey)
      const strength = 0.8 * Math.sqrt(level)
      data[3 * i + channel] = Math.round(faded * (1 - strength) + strength * (0.75 * tint[channel]! + 0.25 * grey))
    }
  })
  return { width: photo.width, height: photo.height, data }
}

/** The map's values at the pixels of an image of the given sides: cubic between patches, and zero outside of `seen`. */
function smoothed({ rows, columns, values }: HeatMap, { width, height }: Sides, seen: Rectangle): Float32Array {
  const across = tapsAlong(width, seen.left, seen.width, columns)
  const down = tapsAlong(height, seen.top, seen.height, rows)
  const wide = new Float32Array(rows * width) // every row of patches at the image's width
  for (let row = 0; row < rows; row++) {
    across.forEach((taps, x) => {
      for (const { patch, weight } of taps) wide[row * width + x]! += weight * values[row * columns + patch]!
    })
  }
  const heat = new Float32Array(height * width)
  down.forEach((taps, y) => {
    for (const { patch, weight } of taps)
      for (let x = 0; x < width; x++) heat[y * width + x]! += weight * wide[patch * width + x]!
  })
  return heat.map((value) => Math.max(0, value)) // a cubic swings below zero beside a peak
}

type Sides = Pick<RgbImage, 'width' | 'height'>

interface Tap {
  readonly patch: number
  readonly weight: number
}

/** For each of `pixels` the patches that it is made of: those around it, the outermost again beyond the edge; none outside of the seen part. */
function tapsAlong(pixels: number, start: number, length: number, patches: number): Tap[][] {
  return Array.from({ length: pixels }, (_, pixel) => {
    const place = (pixel + 0.5 - start) / length
    if (place < 0 || place > 1) return []
    const at = place * patches - 0.5
    const first = Math.floor(at) - 1
    return [0, 1, 2, 3].map((i) => ({
      patch: Math.min(patches - 1, Math.max(0, first + i)),
      weight: cubic(at - first - i),
    }))
  })
}

/** Keys' cubic with a = -0.5. */
function cubic(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
}

const stops = [
  [255, 245, 175],
  [254, 196, 79],
  [236, 112, 20],
  [165, 30, 60],
  [72, 10, 84],
] as const

/** The colour of a heat in [0, 1]: yellow, orange, red, violet; ever darker. */
export function heatColour(heat: number): readonly number[] {
  const place = Math.min(1, Math.max(0, heat)) * (stops.length - 1)
  const below = Math.min(stops.length - 2, Math.floor(place))
  return stops[below]!.map((value, channel) => value + (stops[below + 1]![channel]! - value) * (place - below))
}
