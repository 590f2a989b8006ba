// The outline of each shape as closed polygons in a circle of about radius 1, y downwards; inside is where an odd number of them
// encloses a point. Sines are rounded to thousandths at once, so that their last bit, which machines may compute differently, never counts.
import type { Shape } from './things.ts'

export type Point = readonly [x: number, y: number]
export type Outline = readonly (readonly Point[])[]

const thousandth = (value: number) => Math.round(value * 1000) / 1000

/** Points on a circle's arc, angles in turns, clockwise on the screen from the right. */
function arc(radius: number, from: number, to: number, points: number, centre: Point = [0, 0]): Point[] {
  return Array.from({ length: points }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / points)
    return [thousandth(centre[0] + radius * Math.cos(angle)), thousandth(centre[1] + radius * Math.sin(angle))]
  })
}

const circle = (radius: number) => arc(radius, 0, 1, 40)

/** Five outer and five inner corners, the first pointing up. */
function star(): Point[] {
  const outer = arc(1.08, -0.25, 0.75, 5)
  const inner = arc(0.46, -0.15, 0.85, 5)
  return outer.flatMap((corner, i) => [corner, inner[i]!])
}

/** Two upper lobes and a point below: x = sin^3 t, y = -(13 cos t - 5 cos 2t - 2 cos 3t - cos 4t)/16, a well-known heart curve. */
function heart(): Point[] {
  return Array.from({ length: 36 }, (_, i) => {
    const t = (2 * Math.PI * i) / 36
    const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t)
    return [thousandth(Math.sin(t) ** 3), thousandth(-y / 16 - 0.12)]
  })
}

/** A disc without a second disc that covers its right: the two circles cross 0.141 turns from the right of the first, 0.219 of the second. */
function moon(): Point[] {
  const outside = arc(1, 0.141, 0.859, 28)
  const inside = arc(0.79, 0.781, 0.219, 20, [0.48, 0])
  return [...outside, ...inside]
}

const bar = 0.32

export const outlines: Readonly<Record<Shape, Outline>> = {
  circle: [circle(0.95)],
  square: [[[-0.82, -0.82], [0.82, -0.82], [0.82, 0.82], [-0.82, 0.82]]], // prettier-ignore
  triangle: [[[0, -0.95], [1, 0.8], [-1, 0.8]]], // prettier-ignore
  star: [star()],
  heart: [heart()],
  cross: [[[-bar, -1], [bar, -1], [bar, -bar], [1, -bar], [1, bar], [bar, bar], [bar, 1], [-bar, 1], [-bar, bar], [-1, bar], [-1, -bar], [-bar, -bar]]], // prettier-ignore
  ring: [circle(1), circle(0.56)],
  diamond: [[[0, -1.1], [0.74, 0], [0, 1.1], [-0.74, 0]]], // prettier-ignore
  moon: [moon()],
  arrow: [[[-1, -0.26], [0.06, -0.26], [0.06, -0.78], [1.05, 0], [0.06, 0.78], [0.06, 0.26], [-1, 0.26]]], // prettier-ignore
}
