// Where a caption's word looked: its attention over the image's patches, laid over the photograph. What was not looked at is darkened, what
// was is tinted from violet to yellow, so that the map can be read from brightness alone and by anybody's colour vision.
import type { Rectangle, RgbImage } from '../../src/images/rgb-image.ts'

/** One word's attention over the patches, row by row from the upper left. Not negative. */
export interface HeatMap {
  readonly rows: number
  readonly columns: number
  readonly values: Float32Array
}

/** `image` with the map over `seen`, the part of it that the model was shown; outside it is as dark as what was not looked at. */
export function heated(image: RgbImage, map: HeatMap, seen: Rectangle): RgbImage {
  const most = map.values.reduce((largest, value) => Math.max(largest, value), 0)
  const data = new Uint8Array(image.data.length)
  for (let y = 0, at = 0; y < image.height; y++) {
    const row = ((y + 0.5 - seen.top) / seen.height) * map.rows - 0.5
    for (let x = 0; x < image.width; x++) {
      const column = ((x + 0.5 - seen.left) / seen.width) * map.columns - 0.5
      const heat = most > 0 && isInside(seen, x, y) ? heatAt(map, row, column) / most : 0
      for (const tint of tintOf(heat)) {
        data[at] = Math.round(image.data[at]! * (0.25 + 0.35 * heat) + 0.4 * heat * tint)
        at++
      }
    }
  }
  return { width: image.width, height: image.height, data }
}

function isInside({ left, top, width, height }: Rectangle, x: number, y: number): boolean {
  return x >= left && y >= top && x < left + width && y < top + height
}

/** Linear between the four patches around; at the edges the outermost patch. */
function heatAt({ rows, columns, values }: HeatMap, row: number, column: number): number {
  const [y, x] = [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))]
  const [top, left] = [Math.floor(y), Math.floor(x)]
  const [bottom, right] = [Math.min(rows - 1, top + 1), Math.min(columns - 1, left + 1)]
  const along = (from: number) => values[from * columns + left]! * (left + 1 - x) + values[from * columns + right]! * (x - left)
  return along(top) * (top + 1 - y) + along(bottom) * (y - top)
}

const stops = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
] as const // five colours of matplotlib's viridis

function tintOf(heat: number): readonly number[] {
  const place = Math.min(heat, 1) * (stops.length - 1)
  const below = Math.min(stops.length - 2, Math.floor(place))
  return stops[below]!.map((value, channel) => value + (stops[below + 1]![channel]! - value) * (place - below))
}
