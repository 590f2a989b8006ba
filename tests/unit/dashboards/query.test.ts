import { describe, expect, it } from 'vitest'
import { optionFinder } from '../../../dashboards/query/fields.ts'
import { matches } from '../../../dashboards/query/match.ts'
import { parseQuery } from '../../../dashboards/query/parse.ts'
import { attempt } from '../../fixtures/dashboards/attempts.ts'

const runs = [
  attempt('lora', { cider: 0.91, tags: ['final'], config: { 'peft.rank': 8, 'train.lr': 0.002, 'peft.targets': ['c_attn', 'c_fc'] } }),
  attempt('lora-16', { cider: 0.75, notes: ['debug only'], config: { 'peft.rank': 16, 'train.lr': 0.001 } }),
  attempt('adapter', { cider: undefined, run: { state: 'failed', reason: 'train/loss is NaN' }, config: { 'train.lr': 0.002 } }),
] // prettier-ignore

function found(text: string): string[] | string {
  const query = parseQuery(text, optionFinder(runs))
  if ('problem' in query) return query.problem
  return runs.filter((run) => matches(run, query.terms)).map(({ run }) => run.attempt)
}

describe('the filter', () => {
  it.each([
    ['', ['lora', 'lora-16', 'adapter']],
    ['lora', ['lora', 'lora-16']],
    ['LORA final', ['lora']],
    ['-final', ['lora-16', 'adapter']],
    ['peft:lora rank>=8 cider>0.8 state:finished tag:final -note:debug', ['lora']],
    ['rank>8', ['lora-16']],
    ['rank=8', ['lora']],
    ['peft.rank<=8', ['lora']],
    ['lr:0.002', ['lora', 'adapter']],
    ['targets:c_fc', ['lora']],
    ['attempt=lora', ['lora']],
    ['reason:"is NaN"', ['adapter']],
    ['-cider>0', ['adapter']],
    ['cider<0.8', ['lora-16']],
  ])('%s', (text, expected) => {
    expect(found(text)).toEqual(expected)
  })

  it('leaves out nothing while a term is being typed', () => {
    for (const text of ['cider>', 'cider>-', 'peft:', '-', 'rank>=']) expect(found(text)).toHaveLength(3)
  })

  it('says what it cannot understand', () => {
    expect(found('ciderr>1')).toMatch(/^no run has "ciderr"; peft, state, .* or an option's name is needed$/)
    expect(found('cider>high')).toBe('"high" is no number; > needs one')
  })
})
