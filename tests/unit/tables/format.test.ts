import { describe, expect, it } from 'vitest'
import { stringWidth, truncated } from '../../../src/tables/string-width.ts'
import { bytes, duration, fixed, percent, thousands } from '../../../src/tables/format.ts'
import { rank } from '../../../src/tables/rank.ts'

describe('numbers', () => {
  it('have a fixed number of digits and no negative zero', () => {
    expect([fixed(0.8, 3), fixed(-0.0001, 3), fixed(-1.5, 1), fixed(1e21, 0), fixed(Infinity, 2)]).toEqual([
      '0.800',
      '0.000',
      '-1.5',
      '1e+21',
      '∞',
    ])
  })

  it('are grouped by thousands', () => {
    expect([0, 999, 1000, 1234567, -35000000, 1234.5].map((value) => thousands(value))).toEqual([
      '0',
      '999',
      '1 000',
      '1 234 567',
      '-35 000 000',
      '1 235',
    ])
  })

  it('are an en dash where there are none', () => {
    expect([
      fixed(undefined, 2),
      fixed(NaN, 2),
      thousands(undefined),
      percent(undefined),
      duration(NaN),
      bytes(undefined),
    ]).toEqual(Array(6).fill('–'))
  })

  it('are percents', () => {
    expect([percent(0.125), percent(1, 0), percent(0.00046, 2)]).toEqual(['12.5 %', '100 %', '0.05 %'])
  })
})

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.0004, '0 ms'],
    [0.85, '850 ms'],
    [0.9996, '1.0 s'],
    [3.21, '3.2 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [65, '1 min 05 s'],
    [3599.7, '1 h 00 min'],
    [7390, '2 h 03 min'],
    [86_399, '1 d 00 h'],
    [100_800, '1 d 04 h'],
  ])('of %d s are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text)
  })
})

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_960, '100 kB'],
    [999_600, '1.0 MB'],
    [5_600_000_000, '5.6 GB'],
    [2e15, '2000 TB'],
  ])('of %d bytes are %s', (count, text) => {
    expect(bytes(count)).toBe(text)
  })
})

describe('the width of a text', () => {
  it('is what a terminal gives it', () => {
    expect(['abc', 'é', 'e\u0301', '日本', 'ｆ', '한', '👍', '👨‍👩‍👧', '❤️', '─', '\u200b'].map(stringWidth)).toEqual([
      3, 1, 1, 4, 2, 2, 2, 2, 2, 1, 0,
    ])
  })

  it('can be cut, never through a character', () => {
    expect([
      truncated('abc', 3),
      truncated('abcd', 3),
      truncated('日本語', 4),
      truncated('日本語', 5),
      truncated('ab', 1),
      truncated('ab', 0),
    ]).toEqual(['abc', 'ab…', '日…', '日本…', '…', ''])
  })
})

describe('ranks', () => {
  it('are found for ten thousand rows at once', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_007)
    const began = performance.now()
    const marks = rank(values, { groups: values.map((value) => String(value % 3)) })
    expect(performance.now() - began).toBeLessThan(500)
    expect(marks.filter((mark) => mark !== undefined)).toHaveLength(6)
  })

  it('mark the best and the second, ties alike, missing values not at all', () => {
    expect(rank([0.5, 0.8, undefined, 0.8, 0.7, NaN])).toEqual([undefined, 'best', undefined, 'best', 'second', undefined])
    expect(rank([3, 1, 2], { best: 'lowest' })).toEqual([undefined, 'best', 'second'])
  })

  it('compare within groups alone', () => {
    expect(rank([1, 2, 9, 3], { groups: ['a', 'a', 'b', 'a'] })).toEqual([undefined, 'second', undefined, 'best'])
  })

  it('mark nothing where nothing is better than anything else, and no second of two', () => {
    expect(rank([1, 1])).toEqual([undefined, undefined])
    expect(rank([1, 2])).toEqual([undefined, 'best'])
  })
})
