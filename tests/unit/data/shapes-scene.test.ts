import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/base/files.ts'
import { random } from '../../../src/base/random.ts'
import { drawScene } from '../../../src/data/shapes/draw.ts'
import { keysOf, relationOf, scene, side, splitOf } from '../../../src/data/shapes/scene.ts'
import { colours, labelOf, pigments, things } from '../../../src/data/shapes/things.ts'

const chance = random(11, 'test')
const scenes = [...Array(400).keys()].map((i) => scene(chance, { split: i % 4 === 3 ? 'val' : 'train' }))

describe('a scene', () => {
  it('has one to three different things, wholly inside, each pair in a plain relation', () => {
    expect(new Set(scenes.map(({ objects }) => objects.length))).toEqual(new Set([1, 2, 3]))
    for (const { objects } of scenes) {
      expect(new Set(objects.map(labelOf)).size).toBe(objects.length)
      for (const { x, y, radius } of objects) {
        expect(Math.min(x, y) - 1.1 * radius).toBeGreaterThan(0)
        expect(Math.max(x, y) + 1.1 * radius).toBeLessThan(side)
      }
      objects.forEach((a, i) => objects.slice(i + 1).forEach((b) => expect(relationOf(a, b)).toBeDefined()))
    }
  })

  it('of three has one large object at most', () => {
    for (const { objects } of scenes.filter((one) => one.objects.length === 3)) {
      expect(objects.filter((object) => object.size === 'large').length).toBeLessThanOrEqual(1)
    }
  })

  it('of one split shares no description with one of the other', () => {
    const keys = (split: string) =>
      new Set(scenes.filter(({ objects }) => splitOf(objects) === split).flatMap(({ objects }) => keysOf(objects)))
    const [train, val] = [keys('train'), keys('val')]
    expect(scenes.every(({ objects }) => splitOf(objects) !== undefined)).toBe(true)
    expect([...train].filter((key) => val.has(key))).toEqual([])
  })

  it('has the same key whichever object is told first', () => {
    const { objects } = scene(random(1), { count: 2 })
    expect(keysOf(objects.toReversed())).toEqual(keysOf(objects))
  })

  it('exists in both splits for each thing alone in each size', () => {
    for (const thing of things) {
      for (const size of ['small', 'large'] as const) {
        for (const split of ['train', 'val'] as const) {
          expect(scene(chance, { split, count: 1, first: { ...thing, size } }).objects).toMatchObject([{ ...thing, size }])
        }
      }
    }
  })
})

describe('drawScene', () => {
  it('draws the same bytes on every machine and in every run', () => {
    expect(sha256(Buffer.concat(scenes.slice(0, 100).map(drawScene)))).toBe(
      '302a10045250361caddd73c87b679d8cd8420d655d8907960888a81d495b6da5',
    )
  })

  it('paints each object in its colour, more area when it is large', () => {
    for (const thing of things) {
      const areas = (['small', 'large'] as const).map((size) => {
        const one = scene(chance, { count: 1, first: { ...thing, size } })
        const rgb = drawScene(one)
        const nearest = [...Array(side * side).keys()].filter((i) => namesColour(rgb.subarray(3 * i, 3 * i + 3)) === thing.colour)
        const { x, y, radius } = one.objects[0]!
        const away = nearest.map((i) => Math.hypot((i % side) + 0.5 - x, Math.floor(i / side) + 0.5 - y))
        expect(Math.max(...away)).toBeLessThan(1.2 * radius + 1)
        return nearest.length
      })
      expect(areas[0]).toBeGreaterThan(35)
      expect(areas[1]).toBeGreaterThan(2 * areas[0]!)
    }
  })
})

/** The colour whose pigment is nearest; undefined for a grey. */
function namesColour([r = 0, g = 0, b = 0]: Uint8Array): string | undefined {
  if (Math.max(r, g, b) - Math.min(r, g, b) < 70) return undefined
  const distances = colours.map(
    (name) => (pigments[name][0] - r) ** 2 + (pigments[name][1] - g) ** 2 + (pigments[name][2] - b) ** 2,
  )
  return colours[distances.indexOf(Math.min(...distances))]
}
