import { describe, expect, it } from 'vitest'
import { heatColour, heatOver } from '../../../src/images/heat-map.ts'
import type { RgbImage } from '../../../src/images/rgb-image.ts'

const grey = (width: number, height: number): RgbImage => ({ width, height, data: new Uint8Array(3 * width * height).fill(128) })
const all = (width: number, height: number) => ({ left: 0, top: 0, width, height })
const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
]
const oneHot = (hot: number) => ({
  rows: 2,
  columns: 4,
  values: Float32Array.from({ length: 8 }, (_, i) => (i === hot ? 0.25 : 0)),
})

/** The pixel that differs most from the cold ones. */
function hottest(image: RgbImage): [x: number, y: number] {
  const sums = Array.from({ length: image.width * image.height }, (_, i) => image.data[3 * i]! + image.data[3 * i + 1]! + image.data[3 * i + 2]!) // prettier-ignore
  const least = sums.indexOf(Math.min(...sums))
  return [least % image.width, Math.floor(least / image.width)]
}

describe('heat over a photograph', () => {
  it.each([0, 3, 5, 6])('lies where its patch lies: number %i, row by row from the upper left', (hot) => {
    const [x, y] = hottest(heatOver(grey(80, 40), oneHot(hot), all(80, 40)))
    expect([Math.floor(x / 20), Math.floor(y / 20)]).toEqual([hot % 4, Math.floor(hot / 4)])
  })

  it('lies inside the part that the model saw and leaves the rest cold', () => {
    const even = { rows: 2, columns: 2, values: new Float32Array(4).fill(0.25) }
    const drawn = heatOver(grey(60, 20), even, { left: 20, top: 0, width: 20, height: 20 })
    expect(pixel(drawn, 30, 10)).not.toEqual(pixel(drawn, 10, 10))
    expect(pixel(drawn, 19, 10)).toEqual(pixel(drawn, 0, 0))
    expect(pixel(drawn, 40, 10)).toEqual(pixel(drawn, 0, 0))
    expect(pixel(drawn, 20, 10)).toEqual(pixel(drawn, 39, 19))
  })

  it('fades without steps from patch to patch', () => {
    const drawn = heatOver(grey(80, 40), oneHot(5), all(80, 40))
    const row = Array.from({ length: 80 }, (_, x) => pixel(drawn, x, 30)[2]!)
    expect(Math.max(...row.slice(1).map((value, i) => Math.abs(value - row[i]!)))).toBeLessThan(35)
  })

  it('is nowhere on a map of zeros', () => {
    const cold = heatOver(grey(8, 8), { rows: 1, columns: 1, values: new Float32Array(1) }, all(8, 8))
    expect(new Set(cold.data).size).toBe(1)
  })

  it('grows darker with every degree, so that no colour vision is needed', () => {
    const light = Array.from({ length: 21 }, (_, i) => {
      const [red, green, blue] = heatColour(i / 20)
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
    })
    expect(light).toEqual(light.toSorted((a, b) => b - a))
    expect(light[0]! - light[20]!).toBeGreaterThan(180)
  })
})
