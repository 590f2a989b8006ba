import { describe, expect, it } from 'vitest'
import { random } from '../../../src/base/random.ts'
import { bootstrap, bootstrapMean, meanOver, pairedBootstrap } from '../../../src/metrics/bootstrap.ts'
import { derangement } from '../../../src/metrics/derangement.ts'

const { normal } = random(5, 'test scores')
const scores = Array.from({ length: 400 }, () => 1 + normal())
const standardError = Math.sqrt(scores.reduce((sum, x) => sum + (x - scores.reduce((s, y) => s + y, 0) / 400) ** 2, 0)) / 400

describe('the bootstrap interval', () => {
  it('is about two standard errors wide on each side for the mean of 400 scores', () => {
    const { mean, low, high } = bootstrapMean(scores, { seed: 1 })
    expect((mean - low) / standardError).toBeCloseTo(1.96, 0)
    expect((high - mean) / standardError).toBeCloseTo(1.96, 0)
  })

  it('is the same for the same seed, another for another, and wider for a higher level', () => {
    const interval = bootstrapMean(scores, { seed: 1 })
    expect(bootstrapMean(scores, { seed: 1 })).toEqual(interval)
    expect(bootstrapMean(scores, { seed: 2 })).not.toEqual(interval)
    expect(bootstrapMean(scores, { seed: 1, level: 0.99 }).high).toBeGreaterThan(interval.high)
  })

  it('of any statistic of a set of images draws the same sets, so that intervals of several scores belong together', () => {
    const lengths: number[] = []
    const interval = bootstrap(scores.length, (images) => (lengths.push(images.length), meanOver(scores)(images)), {
      seed: 1,
      resamples: 50,
    })
    expect(interval).toEqual(bootstrapMean(scores, { seed: 1, resamples: 50 }))
    expect(new Set(lengths)).toEqual(new Set([400]))
  })

  it('has no width where all scores are equal, and needs a score', () => {
    expect(bootstrapMean([2, 2, 2], { seed: 1 })).toEqual({ mean: 2, low: 2, high: 2 })
    expect(() => bootstrapMean([], { seed: 1 })).toThrow('no scores')
  })
})

describe('the paired bootstrap', () => {
  const ours = Object.fromEntries(scores.map((score, i) => [`image${i}`, score + 0.1]))
  const theirs = Object.fromEntries(scores.map((score, i) => [`image${i}`, score]))

  it('sees a small difference that every image shows, although the images differ far more among themselves', () => {
    const { difference, ahead, won, tied, lost } = pairedBootstrap(ours, theirs, { seed: 1 })
    expect(difference.low).toBeCloseTo(0.1, 10)
    expect(difference.high).toBeCloseTo(0.1, 10)
    expect({ ahead, won, tied, lost }).toEqual({ ahead: 1, won: 1, tied: 0, lost: 0 })
  })

  it('finds nothing between a program and itself', () => {
    const { difference, ahead, tied } = pairedBootstrap(ours, ours, { seed: 1 })
    expect({ ...difference, ahead, tied }).toEqual({ mean: 0, low: 0, high: 0, ahead: 0.5, tied: 1 })
  })

  it('compares what is no mean of the images by its own difference', () => {
    const { difference, won } = pairedBootstrap(
      { a: 1, b: 2 },
      { a: 0, b: 0 },
      { seed: 1, difference: (images) => images.length * 10 },
    )
    expect(difference).toEqual({ mean: 20, low: 20, high: 20 })
    expect(won).toBe(1)
  })

  it('lists the images on which the two differ most', () => {
    const { images } = pairedBootstrap({ a: 1, b: 0, c: 5 }, { a: 2, b: 4, c: 5 }, { seed: 1 })
    expect(images).toEqual([
      { image: 'b', ours: 0, theirs: 4 },
      { image: 'a', ours: 1, theirs: 2 },
      { image: 'c', ours: 5, theirs: 5 },
    ])
  })

  it('refuses scores of different images', () => {
    expect(() => pairedBootstrap({ a: 1 }, { b: 1 }, { seed: 1 })).toThrow('a was scored for one program alone')
    expect(() => pairedBootstrap({ a: 1 }, { a: 1, b: 1 }, { seed: 1 })).toThrow('different images')
  })
})

describe('a derangement', () => {
  it('is a permutation that moves everything, the same for the same seed', () => {
    for (const n of [2, 3, 10, 500]) {
      const order = derangement(n, 1)
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
      expect(order.some((from, to) => from === to)).toBe(false)
      expect(derangement(n, 1)).toEqual(order)
    }
    expect(derangement(10, 2)).not.toEqual(derangement(10, 1))
  })

  it('does not exist for one', () => {
    expect(() => derangement(1, 1)).toThrow('of 1 nothing can change places')
  })
})
