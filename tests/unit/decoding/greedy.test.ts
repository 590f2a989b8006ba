import { describe, expect, test } from 'vitest'
import { greedy } from '../../../src/decoding/greedy.ts'
import { searched } from './searches.ts'

const [start, end] = [1, 0]
const greedySearch = (maxLength: number) => greedy({ start, end, maxLength }).begin('image')

/** Says the given tokens, then the end. */
const saying = (caption: number[]) => (text: readonly number[]) => ({ [caption[text.length] ?? end]: -0.1, 9: -2, 8: -2 })

describe('greedy', () => {
  test('gives the likeliest tokens without start and end, each fed back', () => {
    expect(searched(greedySearch(9), saying([5, 6, 7]))).toEqual({ caption: [5, 6, 7], read: [[''], ['5'], ['5 6'], ['5 6 7']] })
  })

  test('can say nothing at all', () => {
    expect(searched(greedySearch(9), saying([])).caption).toEqual([])
  })

  test('stops at the longest caption without asking for what would follow', () => {
    expect(searched(greedySearch(2), saying([5, 6, 7]))).toEqual({ caption: [5, 6], read: [[''], ['5']] })
  })

  test('takes the lowest id among equally likely tokens', () => {
    expect(searched(greedySearch(1), () => ({ 4: -1, 2: -1, 3: -1 })).caption).toEqual([2])
  })

  test('refuses scores that are no numbers', () => {
    expect(() => searched(greedySearch(1), () => ({ 4: NaN }))).toThrow('not finite')
  })
})
