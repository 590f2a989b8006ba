import { describe, expect, it } from 'vitest'
import { attachCrossAttention } from '../../../src/models/captioner.ts'
import { gpt2 } from '../../../src/models/gpt2.ts'
import { declared, shapesOnly } from '../../../src/nn/scope.ts'
import { applyPeft } from '../../../src/peft/apply.ts'
import type { PeftOptions } from '../../../src/peft/apply.ts'
import { countTrained, requireWithinLimit, trainedParts } from '../../../src/peft/trainable.ts'
import type { TrainedSizes } from '../../../src/peft/trainable.ts'

const small = { layers: 12, heads: 12, width: 768, vocabulary: 50257, positions: 1024 }
const none: PeftOptions = { type: 'none' }
const lora = (targets: string[], rank = 1): PeftOptions => ({ type: 'lora', rank, alpha: 16, targets, rank_stabilised: false })
const adapter = (bottleneck: number, placement: 'houlsby' | 'pfeiffer' = 'houlsby'): PeftOptions => {
  return { type: 'adapter', bottleneck, placement, activation: 'relu' }
}
const prefix = (length: number, reparametrise = 0): PeftOptions => ({ type: 'prefix', length, reparametrise })

function sizes(peft: PeftOptions, more: Partial<TrainedSizes> = {}): TrainedSizes {
  return { decoder: small, encoderWidth: 768, cross_attention: { layers: 'all', width: 768, gate: false }, peft, ...more }
}

const countOf = (part: string, of: TrainedSizes) => trainedParts(of).find((each) => each.part === part)?.count

describe('the closed-form count for 12 layers of 768', () => {
  it('of cross-attention and its LayerNorms', () => {
    expect(countOf('cross-attention', sizes(none))).toBe(28_348_416)
    expect(countOf('its LayerNorms', sizes(none))).toBe(18_432)
  })

  it.each([
    [384, 14.2],
    [192, 7.1],
    [96, 3.6],
  ])('of cross-attention with inner width %i is %f million', (width, millions) => {
    const count = countOf('cross-attention', sizes(none, { cross_attention: { layers: 'all', width, gate: false } }))!
    expect(Math.abs(count / 1e6 - millions)).toBeLessThan(0.06)
  })

  it('of the projection from an encoder of width 1024, and of none where the widths agree', () => {
    expect(countOf('encoder projection', sizes(none, { encoderWidth: 1024 }))).toBe(787_200)
    expect(countOf('encoder projection', sizes(none))).toBeUndefined()
  })

  it.each<[string, PeftOptions, number]>([
    ['LoRA on the four linear maps, rank 1', lora(['c_attn', 'c_proj', 'c_fc']), 147_456],
    ['LoRA on the four linear maps, rank 8', lora(['c_attn', 'c_proj', 'c_fc'], 8), 8 * 147_456],
    ['LoRA on c_attn, rank 1', lora(['c_attn']), 36_864],
    ['two adapters a layer, bottleneck 64', adapter(64), 2_379_264],
    ['two adapters a layer, bottleneck 128', adapter(128), 4_740_096],
    ['a prefix of 20', prefix(20), 368_640],
  ])('of %s', (_name, peft, count) => {
    expect(countOf(peft.type, sizes(peft))).toBe(count)
  })
})

describe('the closed form equals the declared parameters', () => {
  const methods = [
    none,
    lora(['c_attn'], 8),
    lora(['q', 'v'], 4),
    lora(['attn.c_proj', 'k'], 3),
    lora(['mlp.c_proj', 'c_fc'], 2),
    adapter(32, 'pfeiffer'),
    adapter(32),
    prefix(7),
    prefix(7, 64),
  ]
  const crossings = [
    { layers: 'all', width: 768, gate: false },
    { layers: [0, 5, 11], width: 192, gate: true },
  ] as const

  it.each(methods)('%j', (peft) => {
    for (const cross_attention of crossings) {
      for (const encoderWidth of [768, 1024]) {
        const specs = declared((scope) => {
          const decoder = applyPeft(gpt2(shapesOnly, small), scope, peft)
          return attachCrossAttention(decoder, scope, { ...cross_attention, encoderWidth })
        })
        const parts = trainedParts(sizes(peft, { cross_attention, encoderWidth }))
        expect(countTrained(specs)).toBe(parts.reduce((sum, { count }) => sum + count, 0))
        expect(new Set(specs.map(({ name }) => name)).size).toBe(specs.length)
      }
    }
  })
})

describe('the limit', () => {
  it('lets pass what stays within it, and gives the sum', () => {
    expect(requireWithinLimit(trainedParts(sizes(adapter(64))))).toBe(28_348_416 + 18_432 + 2_379_264)
  })

  it('says by how many it is exceeded and which knob is the largest', () => {
    expect(() => requireWithinLimit(trainedParts(sizes(adapter(384))))).toThrow(
      'cross_attention.width: 42,550,272 parameters would be trained, 7,550,272 more than the limit of 35,000,000; ' +
        'lower it first, cross-attention alone takes 28,348,416.',
    )
  })
})
