import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseRuns } from '../../../src/report/choose.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'
import { classified, recorded, trained, type Recorded } from './recorded.ts'

const chosen = (runs: readonly Recorded[], picks: Readonly<Record<string, string>> = {}, study?: string) =>
  chooseRuns(recorded(runs).reader, { picks, study })

describe('the runs of a report', () => {
  it('are the best of each PEFT type, and the best of all', () => {
    const { best, attempts } = chosen([
      trained('lora-1', 0.8),
      trained('lora-2', 0.9),
      trained('adapter-1', 0.95),
      trained('none-1', 0.7),
    ])
    expect(attempts).toEqual({ none: 'none-1', adapter: 'adapter-1', lora: 'lora-2' })
    expect(best).toBe('adapter-1')
  })

  it('are what the user picked, by any name of a run', () => {
    const runs = [trained('lora-1', 0.8, { attempt: 'first' }), trained('lora-2', 0.9), trained('adapter-1', 0.95)]
    expect(chosen(runs, { lora: 'demo/first', best: 'lora-2' })).toMatchObject({
      best: 'lora-2',
      attempts: { lora: 'lora-1', adapter: 'adapter-1' },
    })
    expect(() => chosen(runs, { lora: 'lroa' })).toThrow(/no such run/)
  })

  it('are finished, scored and of the asked study', () => {
    const runs = [
      trained('lora-1', 0.9, { unfinished: true }),
      trained('prefix-1', 0.5),
      trained('prefix-2', 0.9, { study: 'other' }),
    ]
    expect(chosen(runs, {}, 'demo').attempts).toEqual({ prefix: 'prefix-1' })
  })

  it('include the other seeds of the attempts that were scored alike', () => {
    const seed = (n: number, cider: number, more = {}) => trained(`lora-${n}`, cider, { attempt: 'lora', seed: n, ...more })
    const elsewhere = seed(3, 0.2, { facts: { 'score.val.decoding': 'beam 5' } })
    expect(chosen([seed(1, 0.8), seed(2, 0.9), elsewhere])).toMatchObject({
      attempts: { lora: 'lora-2' },
      otherSeeds: ['lora-1'],
    })
  })

  it('are of one set of data: the newest', () => {
    const other = { facts: { 'score.val.data': 'e'.repeat(64) } }
    expect(chosen([trained('adapter-1', 0.99, other), trained('lora-1', 0.5)]).attempts).toEqual({ lora: 'lora-1' })
  })

  it("are the course's where there are any, and the one that passes most baselines is the best", () => {
    const root = temporaryFolder()
    mkdirSync(join(root, 'p2_data'))
    writeFileSync(join(root, 'p2_data/val.json'), '{"info": "dlcv2023-hw3-train"}')
    const course = (id: string, cider: number, clipscore: number) =>
      trained(id, cider, {
        config: { 'data.root': root, 'evaluate.clip.weights': 'weights/clip/ViT-B-32.pt' },
        metrics: { 'val/clipscore': clipscore },
        facts: { 'score.val.data': 'c'.repeat(64), 'score.val.images': 1789 },
      })
    const { best, attempts } = chosen([course('lora-1', 0.95, 0.69), course('adapter-1', 0.9, 0.72), trained('prefix-1', 1.6)])
    expect(attempts).toEqual({ adapter: 'adapter-1', lora: 'lora-1' })
    expect(best).toBe('adapter-1') // both baselines; lora-1 passes the simple one alone
  })

  it("have the course's prompts in its order, then others", () => {
    const runs = [
      classified('p1', 'a photo of a {object}', 0.9),
      classified('p2', 'No {object}, no score.', 0.4),
      classified('p3', 'This is a photo of {object}', 0.6),
      classified('p4', 'This is a photo of {object}', 0.7),
    ]
    expect(chosen(runs).prompts).toEqual(['p4', 'p2', 'p1'])
  })

  it('have the decodings of what is shown', () => {
    const decode = (id: string, parent: string): Recorded => ({ ...trained(id, 0.97), kind: 'decode', parent })
    const { best, decoding } = chosen([
      trained('lora-1', 0.8),
      trained('lora-2', 0.9),
      decode('beam', 'lora-2'),
      decode('old', 'lora-1'),
    ])
    expect([best, decoding]).toEqual(['old', ['beam']])
  })

  it('are none in an empty database', () => {
    expect(chosen([])).toEqual({ best: undefined, attempts: {}, otherSeeds: [], prompts: [], decoding: [] })
  })
})
