// What fixtures cannot show: the small cases that say why. transformers.test.ts holds the results of transformers.
import { describe, expect, test } from 'vitest'
import { beamSearch, type BeamOptions } from '../../../src/decoding/beam-search.ts'
import { searched } from './searches.ts'

const [start, end] = [1, 0]
const usual = { beams: 2, lengthPenalty: 1, earlyStopping: false, noRepeatNgram: 0, minLength: 0 } as const
const search = (options: Partial<BeamOptions> = {}, maxLength = 5) =>
  beamSearch({ start, end, maxLength }, { ...usual, ...options }).begin('image')

/** A garden path: 5 looks best, but only 6 leads somewhere. */
const gardenPath = (text: readonly number[]): Record<number, number> => {
  if (text.length === 0) return { 5: -0.5, 6: -0.9, 7: -6, 8: -7 }
  if (text[0] === 5) return { 7: -3, 8: -3.1, 9: -3.2, [end]: -3.3 }
  return text.length === 1 ? { 7: -0.1, 8: -4, 9: -5, [end]: -6 } : { [end]: -0.1, 7: -4, 8: -5, 9: -6 }
}

describe('beam search', () => {
  test('finds what is better in the end', () => {
    expect(searched(search(), gardenPath).caption).toEqual([6, 7])
  })

  test('reads no more texts than beams, the best first', () => {
    const { read } = searched(search(), gardenPath)
    expect(read[0]).toEqual([''])
    expect(read[1]).toEqual(['5', '6'])
    expect(read[2]![0]).toBe('6 7')
    expect(read.every((texts) => texts.length <= 2)).toBe(true)
  })

  test('prefers long captions the more, the higher the length penalty', () => {
    const follow = (text: readonly number[]) => ({ 5: -1, [end]: -1.2 - 0.3 * text.length, 6: -9, 7: -9 })
    const lengths = [-1, 0, 1, 3].map((lengthPenalty) => searched(search({ lengthPenalty }), follow).caption.length)
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b))
    expect(lengths[0]).toBeLessThan(lengths[3]!)
  })

  test('stops at once, when better is unlikely, or when it is impossible', () => {
    const follow = (text: readonly number[]) => ({ 5: -0.2, [end]: -0.4 - 0.1 * text.length, 6: -3, 7: -3.5 })
    const steps = ([true, false, 'never'] as const).map(
      (earlyStopping) => searched(search({ earlyStopping }, 12), follow).read.length,
    )
    expect(steps[0]).toBeLessThanOrEqual(steps[1]!)
    expect(steps[1]).toBeLessThanOrEqual(steps[2]!)
  })

  test('says no n-gram twice, and counts the start token among the words', () => {
    const follow = () => ({ 5: -0.1, 6: -1, 7: -2, [start]: -2.5, 8: -3, [end]: -4 })
    expect(searched(search(), follow).caption).toEqual([5, 5, 5, 5, 5])
    const { caption } = searched(search({ noRepeatNgram: 2 }), follow)
    const pairs = caption.map((token, i) => `${i === 0 ? start : caption[i - 1]!} ${token}`)
    expect(new Set(pairs).size).toBe(pairs.length)
    expect(searched(search({ noRepeatNgram: 1 }), follow).caption).not.toContain(start)
  })

  test('does not end before the least length', () => {
    const follow = () => ({ [end]: -0.01, 5: -5, 6: -6, 7: -7 })
    expect(searched(search(), follow).caption).toEqual([])
    expect(searched(search({ minLength: 3 }), follow).caption).toHaveLength(3)
  })

  test('among equally likely texts takes the earlier, and its lowest token', () => {
    expect(searched(search({}, 2), () => ({ 8: -1, 5: -1, 6: -1, 7: -1 })).caption).toEqual([5, 5])
  })

  test('gives its best text where nothing may follow any', () => {
    const nothing = { 5: -1, 6: -Infinity, 7: -Infinity, 8: -Infinity }
    expect(searched(search({ noRepeatNgram: 1 }), () => nothing).caption).toEqual([5])
  })
})
