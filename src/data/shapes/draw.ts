// Draws a scene with additions, multiplications and divisions alone, whose results IEEE 754 fixes: every machine draws the same bytes.
import { random } from '../../base/random.ts'
import { outlines } from './outlines.ts'
import { side } from './scene.ts'
import type { Ground, Scene, SceneObject } from './scene.ts'
import { pigments } from './things.ts'

/** Lines on which a pixel's coverage is measured. Along a line it is exact. */
const linesPerPixel = 5

/** The picture as 64 x 64 RGB bytes, row by row. */
export function drawScene(scene: Scene): Uint8Array {
  const pixels = paintGround(scene.ground)
  for (const object of scene.objects) paintObject(pixels, object)
  return Uint8Array.from(Uint8ClampedArray.from(pixels))
}

/** A soft gradient of a nearly neutral grey, with grain. */
function paintGround(ground: Ground): Float64Array {
  const grain = random(ground.grain, 'grain')
  const pixels = new Float64Array(side * side * 3)
  for (let i = 0; i < side * side; i++) {
    const along = ground.falls === 'right' ? i % side : Math.floor(i / side)
    const grey = ground.from + ((ground.to - ground.from) * along) / side + 8 * grain.uniform() - 4
    pixels[3 * i] = grey + ground.warmth
    pixels[3 * i + 1] = grey
    pixels[3 * i + 2] = grey - ground.warmth
  }
  return pixels
}

function paintObject(pixels: Float64Array, object: SceneObject): void {
  const coverage = coverageOf(object)
  const colour = object.tint.map((tint, channel) => pigments[object.colour][channel]! + tint)
  for (let i = 0; i < side * side; i++) {
    const share = coverage[i]!
    if (share === 0) continue
    for (let channel = 0; channel < 3; channel++) {
      const before = pixels[3 * i + channel]!
      pixels[3 * i + channel] = before + (colour[channel]! - before) * share
    }
  }
}

/** A side of a polygon, from `top` to `bottom`; it passes through (x, y) and goes `slope` pixels to the right for each pixel down. */
interface Edge {
  readonly top: number
  readonly bottom: number
  readonly x: number
  readonly y: number
  readonly slope: number
}

/** How much of each pixel the object covers, 0..1. */
function coverageOf(object: SceneObject): Float64Array {
  const edges = edgesOf(object)
  const coverage = new Float64Array(side * side)
  const first = Math.max(0, Math.floor(Math.min(...edges.map((edge) => edge.top))))
  const last = Math.min(side, Math.ceil(Math.max(...edges.map((edge) => edge.bottom))))
  for (let line = first * linesPerPixel; line < last * linesPerPixel; line++) {
    const y = (line + 0.5) / linesPerPixel
    const crossings: number[] = []
    for (const edge of edges) if (edge.top <= y && y < edge.bottom) crossings.push(edge.x + (y - edge.y) * edge.slope)
    crossings.sort((a, b) => a - b)
    const row = Math.floor(line / linesPerPixel) * side
    for (let i = 0; i + 1 < crossings.length; i += 2) addSpan(coverage, row, crossings[i]!, crossings[i + 1]!)
  }
  return coverage
}

function edgesOf({ shape, x, y, radius, turn: [cosine, sine] }: SceneObject): Edge[] {
  return outlines[shape].flatMap((contour) => {
    const corners = contour.map(([u, v]) => ({
      x: x + radius * (cosine * u - sine * v),
      y: y + radius * (sine * u + cosine * v),
    }))
    return corners.flatMap((a, i) => {
      const b = corners[(i + 1) % corners.length]!
      if (a.y === b.y) return []
      return [{ top: Math.min(a.y, b.y), bottom: Math.max(a.y, b.y), x: a.x, y: a.y, slope: (b.x - a.x) / (b.y - a.y) }]
    })
  })
}

/** Adds one line's share of coverage from `left` to `right`. */
function addSpan(coverage: Float64Array, row: number, left: number, right: number): void {
  const [from, to] = [Math.max(0, left), Math.min(side, right)]
  for (let x = Math.floor(from); x < to; x++) {
    const length = Math.min(x + 1, to) - Math.max(x, from)
    coverage[row + x] = coverage[row + x]! + length / linesPerPixel
  }
}
