// Contestants here are one-line programs that speak as bench/turns.ts does; nothing is timed.
import { describe, expect, it } from 'vitest'
import { contest, type Entrant } from '../../../bench/contest.ts'
import { quantile, rowsOf } from '../../../bench/rows.ts'
import { tableOf } from '../../../bench/table.ts'

const rounds = { rounds: 3, repetitions: 2 }

describe('a contest', () => {
  it('asks everybody in every round and takes down what they say', async () => {
    const outcomes = await contest([counting('a', 1), counting('b', 10)], rounds)
    expect(outcomes).toEqual([
      { who: 'a', seconds: [1, 2, 3, 4, 5, 6], processor: [], peakBytes: 1024, facts: { trained: 7 } },
      {
        who: 'b',
        seconds: [10, 20, 30, 40, 50, 60],
        processor: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        peakBytes: 1024,
        facts: { trained: 7 },
      },
    ])
  })

  it('goes on without one that fails, and keeps its reason', async () => {
    const [failed, other] = await contest([program('a', 'throw new Error("no memory left")'), counting('b', 1)], rounds)
    expect(failed).toEqual({ who: 'a', failure: expect.stringContaining('no memory left') as string })
    expect(other).toMatchObject({ who: 'b', seconds: [1, 2, 3, 4, 5, 6] })
  })

  it('goes on without a program that is not there', async () => {
    const [missing] = await contest([{ who: 'a', command: '/nowhere/python3', arguments: [] }], rounds)
    expect(missing).toEqual({ who: 'a', failure: expect.stringContaining('ENOENT') as string })
  })

  it('goes on without one that ends in the middle', async () => {
    const [gone] = await contest([program('a', 'say({ ready: {} }); process.exitCode = 3')], rounds)
    expect(gone).toMatchObject({ who: 'a', failure: expect.stringContaining('ended without an answer') as string })
  })
})

describe('rows', () => {
  const outcomes = [
    { who: 'captune', seconds: [3, 1, 2], processor: [1, 6, 5], peakBytes: 2 ** 30, facts: {} },
    { who: 'peer', seconds: [5, 4, 3], processor: [], peakBytes: 2 ** 31, facts: {} },
    { who: 'broken', failure: 'it has no bf16' },
  ]

  it('compare medians with the first, which is Captune', () => {
    const [ours, peer] = rowsOf('train', 'a step', { value: 8, unit: 'captions' }, outcomes)
    expect(ours).toMatchObject({ median_ms: 2000, fastest_ms: 1000, repetitions: 3, rate: { value: 4, unit: 'captions/s' } })
    expect(ours).not.toHaveProperty('captune_takes')
    expect(peer).toMatchObject({ median_ms: 4000, captune_takes: 0.5 })
  })

  it('are printed under each other, the skipped with their reason', () => {
    const text = tableOf(rowsOf('train', 'a step', { value: 8, unit: 'captions' }, outcomes))
    expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
      'what    who       median  fastest  processor          rate  peak memory  captune takes',
      '──────  ───────  ───────  ───────  ─────────  ────────────  ───────────  ─────────────',
      'a step  captune  2000 ms  1000 ms    5000 ms  4 captions/s     1.00 GiB',
      '        peer     4000 ms  3000 ms             2 captions/s     2.00 GiB         0.50 x',
      'not measured: a step, broken: it has no bf16',
    ])
  })

  it('know the middle of an even number of values', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([1, 2, 3], 1)).toBe(3)
    expect(() => quantile([], 0.5)).toThrow('nothing')
  })
})

/** Claims `factor` seconds for its first repetition, twice that for its second and so on. */
function counting(who: string, factor: number): Entrant {
  const body = `
    let n = 0
    say({ ready: { trained: 7 } })
    process.stdout.write('a banner that is no answer\\n')
    for await (const line of createInterface({ input: process.stdin }))
      say({
        seconds: Array.from({ length: Number(line) }, () => ++n * ${factor}),
        ...(${factor} === 1 ? {} : { processor: Array(Number(line)).fill(0.5) }), // who tells none takes part too
      })
    say({ peak_bytes: 1024 })`
  return program(who, body)
}

function program(who: string, body: string): Entrant {
  const head = `import { createInterface } from 'node:readline'; const say = (message) => console.log(JSON.stringify(message));`
  return { who, command: process.execPath, arguments: ['--input-type=module', '-e', head + body] }
}
