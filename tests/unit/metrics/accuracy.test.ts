import { describe, expect, it } from 'vitest'
import { floats } from '../../../src/base/nd-array.ts'
import { accuracy, topKAccuracy } from '../../../src/metrics/accuracy.ts'

describe('accuracy', () => {
  const truth = { a: '2', b: '2', c: '10', d: '0' }

  it('counts right labels in all and by class, and who was taken for whom', () => {
    expect(accuracy({ a: '2', b: '10', c: '10', d: '7' }, truth)).toEqual({
      accuracy: 0.5,
      correct: 2,
      total: 4,
      labels: ['0', '2', '7', '10'],
      perClass: [
        { label: '0', correct: 0, total: 1 },
        { label: '2', correct: 1, total: 2 },
        { label: '10', correct: 1, total: 1 },
      ],
      confusion: [
        [0, 0, 1, 0],
        [0, 1, 0, 1],
        [0, 0, 0, 0],
        [0, 0, 0, 1],
      ],
    })
  })

  it('sorts labels that are words after numbers', () => {
    expect(accuracy({ a: 'lamp', b: '3', c: 'chair' }, { a: 'lamp', b: '3', c: 'chair' }).labels).toEqual(['3', 'chair', 'lamp'])
  })

  it('refuses predictions for other images', () => {
    expect(() => accuracy({ a: '2' }, truth)).toThrow('different images')
    expect(() => accuracy({ a: '2', b: '2', c: '2', e: '2' }, truth)).toThrow('d has no prediction')
    expect(() => accuracy({}, {})).toThrow('no images')
  })
})

describe('top-k accuracy', () => {
  const scores = floats([3, 3], Float32Array.of(0.1, 0.7, 0.2, 0.5, 0.5, 0.1, 0.3, 0.2, 0.9))

  it('counts rows whose class is among the k highest, the lower class first where two are equal', () => {
    expect(topKAccuracy(scores, [2, 1, 2], 1)).toBeCloseTo(1 / 3)
    expect(topKAccuracy(scores, [2, 1, 2], 2)).toBe(1)
  })

  it('refuses labels that do not fit', () => {
    expect(() => topKAccuracy(scores, [0, 1], 1)).toThrow('2 labels for 3 rows')
    expect(() => topKAccuracy(scores, [0, 1, 3], 1)).toThrow('class 3 of 3')
  })
})
