import { describe, expect, test } from 'vitest'
import { captionsOf, inOrder, type Reader, type Rows } from '../../../src/decoding/captions.ts'
import { beamSearch } from '../../../src/decoding/beam-search.ts'
import { greedy } from '../../../src/decoding/greedy.ts'
import { random } from '../../../src/base/random.ts'
import type { Strategy } from '../../../src/decoding/search.ts'
import { candidates } from './searches.ts'

const [start, end, vocabulary] = [1, 0, 12]

/**
 * A reader that remembers tokens in slots as a decoder does keys: what may follow depends on the image of the row's seat and on the tokens
 * of all slots that the row sees, in their order, and its own.
 */
function remembering(seats: number, beams: number, maxLength: number) {
  const slots = beams * maxLength
  const memory = Array.from({ length: seats }, () => new Int32Array(slots).fill(-1))
  const looking = new Array<number>(seats).fill(-1)
  const steps: Rows[] = []
  const looks: number[][] = []
  const reader: Reader = {
    seats,
    beams,
    maxLength,
    looks: Math.ceil(seats / 4),
    look(images, at) {
      looks.push([...images])
      images.forEach((image, i) => (looking[at[i]!] = image))
      return Promise.resolve()
    },
    next(rows) {
      steps.push(rows)
      const follow = Array.from(rows.ids, (id, row) => {
        const seat = Math.floor(row / beams)
        const seen = memory[seat]!.filter((_, slot) => rows.seen[row * slots + slot] === 1)
        const draw = random(1, looking[seat]!, rows.positions[row]!, ...seen, id)
        const scores = Array.from({ length: vocabulary }, (_, each) => [each, draw.normal() + (each === end ? 1 : 0) - 5])
        return candidates(Object.fromEntries(scores) as Record<number, number>)
      })
      rows.ids.forEach((id, row) => (memory[Math.floor(row / beams)]![rows.slots[row]!] = id))
      return Promise.resolve((row) => follow[row]!)
    },
  }
  return { reader, steps, looks }
}

const names = Array.from({ length: 23 }, (_, i) => `image ${i}`)
const beam = (maxLength: number) =>
  beamSearch({ start, end, maxLength }, { beams: 3, lengthPenalty: 1, earlyStopping: false, noRepeatNgram: 0, minLength: 0 })
const strategies: Record<string, (maxLength: number) => Strategy> = {
  greedy: (maxLength) => greedy({ start, end, maxLength }),
  beam,
}

describe.each(Object.keys(strategies))('captions by %s', (name) => {
  const strategy = strategies[name]!(14)
  const captions = (seats: number) => {
    const behind = remembering(seats, strategy.beams, 14)
    return { ...behind, found: inOrder(captionsOf(names, strategy, start, behind.reader)) }
  }

  test('are the same with any number of seats', async () => {
    const alone = await captions(1).found
    expect(alone).toHaveLength(names.length)
    expect(new Set(alone.map(({ length }) => length)).size).toBeGreaterThan(3)
    for (const seats of [2, 7, 23, 40]) expect(await captions(seats).found).toEqual(alone)
  })

  test('leave their seats to others as soon as they are found', async () => {
    const { found, steps, looks } = captions(5)
    const longest = Math.max(...(await found).map(({ length }) => length))
    expect(steps.length).toBeLessThan(Math.ceil(names.length / 5) * longest)
    expect(looks.flat()).toEqual([...names.keys()])
  })

  test('write no slot that a text still sees, and no slot twice in a step', async () => {
    const { found, steps } = captions(4)
    await found
    const slots = strategy.beams * 14
    for (const { slots: written, seen } of steps) {
      for (let seat = 0; seat < 4; seat++) {
        const rows = Array.from({ length: strategy.beams }, (_, b) => seat * strategy.beams + b)
        expect(new Set(rows.map((row) => written[row])).size).toBe(rows.length)
        for (const row of rows) for (const other of rows) if (other !== row) expect(seen[other * slots + written[row]!]).toBe(0)
      }
    }
  })
})

describe('whoever takes captions', () => {
  test('gets each as soon as it is found, and may stop', async () => {
    const { reader, steps } = remembering(4, 1, 14)
    const taken: number[] = []
    for await (const { image } of captionsOf(names, strategies['greedy']!(14), start, reader)) {
      taken.push(image)
      if (taken.length === 3) break
    }
    expect(taken).toHaveLength(3)
    expect(steps.length).toBeLessThan(14)
  })

  test('gets nothing of no images', async () => {
    const { reader, steps } = remembering(4, 1, 14)
    expect(await inOrder(captionsOf([], strategies['greedy']!(14), start, reader))).toEqual([])
    expect(steps).toEqual([])
  })
})
