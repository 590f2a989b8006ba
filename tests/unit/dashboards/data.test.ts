import { describe, expect, it } from 'vitest'
import { differing, optionsOf, optionText } from '../../../dashboards/data/options.ts'
import { groupSeeds, spreadOf } from '../../../dashboards/data/groups.ts'
import { baselineOf, defaultPicks } from '../../../dashboards/data/picks.ts'
import { means, progressReader } from '../../../dashboards/data/progress.ts'
import { podiums } from '../../../dashboards/data/ranking.ts'
import { passText } from '../../../dashboards/views/pass-marks.ts'
import { ageText } from '../../../dashboards/views/runs-columns.ts'
import { rank } from '../../../src/tables/rank.ts'
import { random } from '../../../src/base/random.ts'
import { attempt, four } from '../../fixtures/dashboards/attempts.ts'

const namesOf = (attempts: readonly ReturnType<typeof attempt>[]) => attempts.map(({ run }) => run.attempt)

describe('what is compared by default', () => {
  it('is the best finished run of each type, the one without PEFT first', () => {
    const worse = attempt('lora-4', { cider: 1.2 })
    const unfinished = attempt('lora-64', { cider: 1.9, run: { state: 'failed' } })
    expect(namesOf(defaultPicks([unfinished, worse, ...four]))).toEqual(['none', 'lora', 'adapter', 'prefix'])
  })

  it('is never a mixture of runs that were scored differently', () => {
    const alone = attempt('adapter-9', { cider: 1.9, circumstances: 'images=12' })
    expect(namesOf(defaultPicks([alone, ...four]))).not.toContain('adapter-9')
    expect(namesOf(defaultPicks([alone]))).toEqual(['adapter-9'])
  })

  it('is what runs now while nothing is finished', () => {
    const running = attempt('lora', { cider: undefined, run: { state: 'running' } })
    expect(namesOf(defaultPicks([running]))).toEqual(['lora'])
    expect(defaultPicks([])).toEqual([])
  })

  it('has the marked run as its baseline, else the one without PEFT', () => {
    expect(baselineOf(four)?.run.attempt).toBe('none')
    expect(baselineOf([...four, attempt('mine', { run: { baseline: 1 } })])?.run.attempt).toBe('mine')
    expect(baselineOf([attempt('lora')])).toBeUndefined()
  })
})

describe('seeds of an attempt', () => {
  const runs = [3, 2, 1].map((seed) => attempt('lora', { cider: seed === 3 ? undefined : seed, run: { seed, id: `s${seed}` } }))

  it('are one group with mean and sample deviation, and the seeds that are missing count', () => {
    const [lora, none] = groupSeeds([...runs, attempt('none', { run: { seed: 4 } })])
    expect(lora).toMatchObject({ seeds: 4, members: [{ run: { seed: 3 } }, { run: { seed: 2 } }, { run: { seed: 1 } }] })
    expect(spreadOf(lora!.members, ({ cider }) => cider)).toEqual({ mean: 1.5, sd: Math.SQRT1_2, n: 2 })
    expect(spreadOf(none!.members, ({ cider }) => cider)).toMatchObject({ sd: undefined, n: 1 })
    expect(spreadOf(runs.slice(0, 1), ({ cider }) => cider)).toBeUndefined()
  })

  it('count once each: the finished run before a newer one that failed', () => {
    const again = attempt('lora', { run: { seed: 1, id: 'again', state: 'failed' } })
    expect(
      groupSeeds([again, ...runs])[0]!
        .members.map(({ run }) => run.id)
        .sort(),
    ).toEqual(['s1', 's2', 's3'])
  })
})

it('marks the same best and second as the tables do', () => {
  const numbers = random(1, 'ranking')
  for (let i = 0; i < 200; i++) {
    const values = Array.from({ length: 1 + numbers.below(8) }, () => (numbers.below(6) === 0 ? undefined : numbers.below(5)))
    const groups = values.map(() => numbers.pick(['a', 'b']))
    for (const best of ['highest', 'lowest'] as const)
      expect(podiums(values, groups, best)).toEqual(rank(values, { best, groups }))
  }
})

it('shows the options in which runs differ, those of the method first, without name and threads', () => {
  const configs = [
    { 'train.lr': 0.1, 'peft.rank': 4, 'engine.threads': 1, name: 'a', seed: 1, 'peft.targets': ['c_attn'] },
    { 'train.lr': 0.2, 'engine.threads': 2, name: 'b', seed: 1, 'peft.targets': ['c_attn'] },
  ]
  expect(differing(optionsOf(configs))).toEqual([
    { key: 'peft.rank', values: [4, undefined] },
    { key: 'train.lr', values: [0.1, 0.2] },
  ])
  expect([['c_attn', 'c_fc'], undefined, null, false, 0.5].map(optionText)).toEqual(['c_attn c_fc', '–', '–', 'false', '0.5'])
})

it('shows a curve in few numbers, gaps where it is not a number', () => {
  expect(means({ values: Float64Array.of(1, NaN, 3) })).toEqual([1, NaN, 3])
  const long = means({ values: Float64Array.from({ length: 480 }, (_, i) => i) })
  expect(long).toHaveLength(48)
  expect(long[0]).toBe(4.5)
})

it('reads a curve again only when it has grown by a stretch, and reckons the remaining time from the first step of the segment', () => {
  let [reads, segment] = [0, { segment: 1, from_step: -1 }]
  const reader = {
    series: () => ({ values: Float64Array.of(++reads), steps: Float64Array.of(1, 150), at: Float64Array.of(31_000, 500_000) }),
    segments: () => [segment],
  } as never
  const progressOf = progressReader()
  const at = (step: number, now: number) => {
    const summaries = new Map([['train/loss', { last: 1, last_step: step, max: 1 }]])
    const facts = { summaries, environment: { 'train.steps': '401' } }
    return progressOf(reader, attempt('lora', { run: { state: 'running' } }).run, facts as never, now)
  }
  expect(at(201, 231_000)).toEqual({ step: 201, steps: 401, remaining: 200, loss: [1] })
  expect(at(203, 240_000)?.loss).toEqual([1])
  expect(at(210, 240_000)?.loss).toEqual([2])
  segment = { segment: 2, from_step: 149 }
  expect(at(210, 560_000)).toMatchObject({ loss: [3], remaining: 191 }) // 60 s for the 60 steps since it goes on
})

it('tells which of the course baselines scores pass, where they hold', () => {
  const scored = (cider: number, clipscore: number, marks: 'none' | 'cider' | 'both') => passText(attempt('lora', { cider, clipscore, marks })) // prettier-ignore
  expect(scored(0.9, 0.72, 'both')).toBe('strong')
  expect(scored(0.9, 0.7, 'both')).toBe('simple')
  expect(scored(0.7, 0.72, 'both')).toBe('none')
  expect(scored(0.9, 0.1, 'cider')).toBe('strong?')
  expect(scored(0.9, 0.72, 'none')).toBe('')
})

it('says how old a run is in the largest unit that says enough', () => {
  expect([10e3, 61e3, 59.9 * 60e3, 3 * 3600e3, 47 * 3600e3, 72 * 3600e3].map(ageText)).toEqual(['now', '1 min', '59 min', '3 h', '47 h', '3 d']) // prettier-ignore
})
