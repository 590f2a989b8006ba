import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { clipScore, paperPrompt, refClipScore } from '../../../src/metrics/clip-score.ts'
import { roundToHalf } from '../../../src/metrics/half.ts'

interface Fixture {
  pairs: { image: number[]; text: number[]; fp32: number; fp16: number }[]
  values: number[]
  halves: (number | string)[]
}
const fixture = JSON.parse(readFileSync(new URL('../../fixtures/metrics/clip.json', import.meta.url), 'utf8')) as Fixture

describe('CLIPScore', () => {
  it("is 2.5 times PyTorch's cosine similarity, not below 0, of embeddings that need not be normalised", () => {
    for (const { image, text, fp32 } of fixture.pairs) expect(clipScore(image, text)).toBeCloseTo(2.5 * Math.max(fp32, 0), 6)
  })

  it("has every digit of PyTorch's half precision when asked for a GPU evaluator's rounding", () => {
    for (const { image, text, fp16 } of fixture.pairs) expect(clipScore(image, text, 'fp16')).toBe(2.5 * Math.max(fp16, 0))
  })

  it('is 0 for a zero vector and refuses embeddings of different widths', () => {
    expect(clipScore([0, 0], [1, 0])).toBe(0)
    expect(clipScore([0, 0], [1, 0], 'fp16')).toBe(0)
    expect(() => clipScore([1], [1, 0])).toThrow('embeddings of 1 and 2 values')
  })

  it("puts nothing before a caption itself; the paper's prompt ends in a space", () => {
    expect(`${paperPrompt}a dog.`).toBe('A photo depicts a dog.')
  })
})

describe('RefCLIPScore', () => {
  it('is the harmonic mean of CLIPScore and the best cosine with a reference', () => {
    const references = [
      [0, 1],
      [3, 4],
    ]
    expect(refClipScore(0.9, [1, 0], references)).toBeCloseTo((2 * 0.9 * 0.6) / (0.9 + 0.6), 12)
  })

  it('is 0 where both are, and needs a reference', () => {
    expect(refClipScore(0, [1, 0], [[0, 1]])).toBe(0)
    expect(() => refClipScore(1, [1, 0], [])).toThrow('no references')
  })
})

describe('rounding to half precision', () => {
  it('equals PyTorch from the smallest subnormal to overflow', () => {
    const rounded = fixture.values.map(roundToHalf).map((value) => (Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf'))
    expect(rounded).toEqual(fixture.halves)
  })
})
