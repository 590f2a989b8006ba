import { describe, expect, it } from 'vitest'
import { floats, ints } from '../../../src/base/nd-array.ts'
import * as ops from '../../../src/engine/ops.ts'
import { attachCrossAttention } from '../../../src/models/captioner.ts'
import { clip, contrastiveLoss } from '../../../src/models/clip.ts'
import { gpt2, gpt2Logits } from '../../../src/models/gpt2.ts'
import { decodingSpecs } from '../../../src/models/next-token.ts'
import { initialise } from '../../../src/nn/initialise.ts'
import { bind, declared, shapesOnly } from '../../../src/nn/scope.ts'
import { applyPeft } from '../../../src/peft/apply.ts'
import { countTrained } from '../../../src/peft/trainable.ts'
import { distance, openEngine, runOnce } from '../../parity/engines.ts'

const engine = await openEngine('onnx')
const published = { layers: 12, heads: 12, width: 768, vocabulary: 50257, positions: 1024 }
const tiny = { layers: 2, heads: 4, width: 16, vocabulary: 11, positions: 9 }

describe('GPT-2', () => {
  const specs = declared((scope) => gpt2(scope, published))

  it('small has its published number of parameters', () => {
    expect(countTrained(specs)).toBe(124_439_808)
  })

  it('starts as its authors did: 0.02, and less into the residual stream', () => {
    const init = (name: string) => specs.find((spec) => spec.name === name)!.init
    expect(init('h.3.attn.c_attn.weight')).toEqual({ normal: 0.02 })
    expect(init('h.3.mlp.c_proj.weight')).toEqual({ normal: 0.02 / Math.sqrt(24) })
    expect(init('h.3.attn.c_proj.weight')).toEqual({ normal: 0.02 / Math.sqrt(24) })
  })

  it('reads the same from gathered tables and from tables that are trained', async () => {
    const frozen = initialise(
      declared((scope) => gpt2(scope, tiny)),
      1,
    )
    const inputs = { ids: ints([2, 3], Int32Array.of(1, 2, 3, 10, 0, 5)) }
    const { gathered, multiplied } = await runOnce(engine, { frozen, inputs }, (given) => {
      const logits = (trained: boolean) => gpt2Logits(gpt2(bind(given.frozen), tiny, { trained }), given.inputs['ids']!)
      return { outputs: { gathered: logits(false), multiplied: logits(true) } }
    })
    expect(distance(gathered, multiplied!)).toBeLessThanOrEqual(1e-6)
  })
})

describe('cross-attention', () => {
  const attach = (options: Partial<Parameters<typeof attachCrossAttention>[2]>) => () =>
    attachCrossAttention(gpt2(shapesOnly, tiny), shapesOnly, {
      layers: 'all',
      width: 16,
      gate: false,
      encoderWidth: 16,
      ...options,
    })

  it('goes into the chosen layers and leaves the others as they are', () => {
    const { decoder, enc_to_dec_proj } = attach({ layers: [1] })()
    expect(decoder.h.map(({ crossattention }) => crossattention !== undefined)).toEqual([false, true])
    expect(enc_to_dec_proj).toBeUndefined()
    expect(attach({ encoderWidth: 20 })().enc_to_dec_proj).toMatchObject({ inputs: 20, outputs: 16 })
  })

  it('refuses a width that its heads do not divide, and a layer that is not there', () => {
    expect(attach({ width: 6 })).toThrow("cross_attention.width: found 6; a multiple of the decoder's 4 heads is needed.")
    expect(attach({ layers: [0, 2] })).toThrow('cross_attention.layers: found 2; the decoder has layers 0 to 1.')
  })
})

describe('the state of decoding', () => {
  it('has room for the prefix and every row and position in each layer, and image keys where a layer looks', () => {
    const decoder = applyPeft(gpt2(shapesOnly, tiny), shapesOnly, { type: 'prefix', length: 3, reparametrise: 0 })
    const captioner = attachCrossAttention(decoder, shapesOnly, { layers: [1], width: 8, gate: false, encoderWidth: 20 })
    const specs = decodingSpecs(captioner, { seats: 5, beams: 2, tokens: 7, maxLength: 6 })
    const [cache, image] = [[5 * 4 * (3 + 2 * 6), 4], [5, 4, 7, 2]] // prettier-ignore
    expect(Object.entries(specs).map(([name, spec]) => [name, spec.shape])).toEqual([
      ['h.0.cache.keys', cache],
      ['h.0.cache.values', cache],
      ['h.1.cache.keys', cache],
      ['h.1.cache.values', cache],
      ['h.1.image.keys', image],
      ['h.1.image.values', image],
    ])
  })
})

describe('CLIP', () => {
  const rules = { activation: 'quick_gelu', epsilon: 1e-5, embedding: 512, layers: 12 } as const
  const image = { ...rules, size: 224, patch: 32, width: 768, heads: 12 }
  const text = { ...rules, context: 77, vocabulary: 49408, width: 512, heads: 8 }

  it('ViT-B/32 has its published number of parameters', () => {
    expect(countTrained(declared((scope) => clip(scope, { image, text })))).toBe(151_277_313)
  })

  it('multiplies cosines by at most 100', async () => {
    const inputs = { rows: floats([2, 2], Float32Array.of(1, 0, 0.999, 0.04)) }
    const losses = await runOnce(engine, { inputs, trained: { s: floats([], Float32Array.of(Math.log(100))) } }, (given) => {
      const loss = (scale: number) =>
        contrastiveLoss(given.inputs['rows']!, given.inputs['rows']!, ops.add(given.state['s']!, scale))
      return { outputs: { at: loss(0), above: loss(3), below: loss(-3) } }
    })
    expect(losses['above']).toEqual(losses['at'])
    expect(losses['below']).not.toEqual(losses['at'])
  })
})
