import { describe, expect, it } from 'vitest'
import { trainedParameters, type CaptionerPlan } from '../../../src/recipes/captioner.ts'
import type { PeftOptions } from '../../../src/peft/apply.ts'
import { countTrained, trainedParts } from '../../../src/peft/trainable.ts'

const decoder = { layers: 3, heads: 4, width: 32, vocabulary: 50, positions: 16 }
const everywhere = { layers: 'all', width: 24, gate: false, encoderWidth: 32 } as const

const methods: PeftOptions[] = [
  { type: 'none' },
  { type: 'lora', rank: 4, alpha: 8, targets: ['c_attn'], rank_stabilised: false },
  { type: 'lora', rank: 2, alpha: 8, targets: ['q', 'v', 'c_proj', 'c_fc'], rank_stabilised: true },
  { type: 'adapter', bottleneck: 6, placement: 'houlsby', activation: 'relu' },
  { type: 'adapter', bottleneck: 6, placement: 'pfeiffer', activation: 'gelu' },
  { type: 'prefix', length: 5, reparametrise: 0 },
  { type: 'prefix', length: 5, reparametrise: 12 },
]

const looks: CaptionerPlan['cross_attention'][] = [
  everywhere,
  { ...everywhere, gate: true, encoderWidth: 20 },
  { ...everywhere, layers: [0, 2] },
]

function counts(plan: CaptionerPlan) {
  const parts = trainedParts({ ...plan, encoderWidth: plan.cross_attention.encoderWidth })
  return { declared: countTrained(trainedParameters(plan)), closed: parts.reduce((sum, { count }) => sum + count, 0) }
}

describe('what is trained', () => {
  it.each(methods.flatMap((peft) => looks.map((cross_attention) => ({ peft, cross_attention }))))(
    'is as much as the closed form says: %j',
    ({ peft, cross_attention }) => {
      const { declared, closed } = counts({ decoder, peft, cross_attention })
      expect(declared).toBe(closed)
    },
  )

  it('is cross-attention alone without a method, and nothing of the decoder with one', () => {
    const names = (peft: PeftOptions) => trainedParameters({ decoder, peft, cross_attention: everywhere }).map(({ name }) => name)
    const alone = names({ type: 'none' })
    expect(alone.every((name) => /cross/.test(name))).toBe(true)
    for (const peft of methods) {
      const all = names(peft)
      expect(all).toEqual(expect.arrayContaining(alone))
      expect(new Set(all).size).toBe(all.length)
      expect(all.filter((name) => /^(wte|wpe|ln_f)\./.test(name))).toEqual([])
    }
  })
})
