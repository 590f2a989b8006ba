import { describe, expect, test } from 'vitest'
import { random } from '../../../src/base/random.ts'
import { greedy } from '../../../src/decoding/greedy.ts'
import type { NextToken } from '../../../src/decoding/greedy.ts'

const [start, end, vocabulary] = [1, 0, 12]

/** A next-token function that says the given rows, then `end`. */
function saying(captions: number[][], seen: number[][] = []): NextToken {
  return (last, position) => {
    seen.push([...last])
    const logits = new Float32Array(captions.length * vocabulary).fill(-1)
    captions.forEach((caption, row) => (logits[row * vocabulary + (caption[position] ?? end)] = 2))
    return Promise.resolve(logits)
  }
}

describe('greedy', () => {
  test('gives the likeliest tokens without start and end, each fed back at the next position', async () => {
    const seen: number[][] = []
    expect(await greedy(saying([[5, 6, 7]], seen), { rows: 1, start, end, maxLength: 9 })).toEqual([[5, 6, 7]])
    expect(seen).toEqual([[start], [5], [6], [7]])
  })

  test('feeds end to a finished row, and stops asking when all are finished', async () => {
    const seen: number[][] = []
    const captions = await greedy(saying([[5], [6, 7], []], seen), { rows: 3, start, end, maxLength: 9 })
    expect(captions).toEqual([[5], [6, 7], []])
    expect(seen).toEqual([[start, start, start], [5, 6, end], [end, 7, end]]) // prettier-ignore
  })

  test('ignores what a finished row says later', async () => {
    const next: NextToken = (_, position) => {
      const logits = new Float32Array(2 * vocabulary)
      logits[position === 0 ? end : 9] = 1 // row 0: end, then 9 for ever
      logits[vocabulary + 4] = 1
      return Promise.resolve(logits)
    }
    expect(await greedy(next, { rows: 2, start, end, maxLength: 3 })).toEqual([[], [4, 4, 4]])
  })

  test('stops at maxLength tokens, and asks for nothing where that is zero', async () => {
    const seen: number[][] = []
    expect(await greedy(saying([[5, 6, 7, 8]], seen), { rows: 1, start, end, maxLength: 2 })).toEqual([[5, 6]])
    expect(seen.length).toBe(2)
    expect(await greedy(saying([[5]], seen), { rows: 1, start, end, maxLength: 0 })).toEqual([[]])
    expect(seen.length).toBe(2)
  })

  test('takes the lowest id among equally likely tokens', async () => {
    const next: NextToken = () => Promise.resolve(Float32Array.of(-1, -1, 3, 3, 0))
    expect(await greedy(next, { rows: 1, start, end, maxLength: 1 })).toEqual([[2]])
  })

  test('refuses logits that are not numbers', async () => {
    const next: NextToken = () => Promise.resolve(new Float32Array(5).fill(NaN))
    await expect(greedy(next, { rows: 1, start, end, maxLength: 1 })).rejects.toThrow('not finite')
  })

  test('gives each row what it would give alone', async () => {
    // Logits that depend on all tokens of a row and on nothing else, as a decoder's do.
    const model = (keys: string[]): NextToken => {
      const history = keys.map((key) => [key])
      return (last) => {
        const logits = new Float32Array(keys.length * vocabulary)
        history.forEach((row, r) => {
          row.push(String(last[r]))
          const draw = random(1, ...row)
          for (let token = 0; token < vocabulary; token++) logits[r * vocabulary + token] = draw.normal()
        })
        return Promise.resolve(logits)
      }
    }
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const together = await greedy(model(keys), { rows: keys.length, start, end, maxLength: 20 })
    for (const [i, key] of keys.entries())
      expect(await greedy(model([key]), { rows: 1, start, end, maxLength: 20 })).toEqual([together[i]])
    expect(new Set(together.map((caption) => caption.length)).size).toBeGreaterThan(2)
  })
})
