import { describe, expect, it } from 'vitest'
import { sizeOf } from '../../../src/base/nd-array.ts'
import { clipParameters } from '../../../src/models/pretrained-encoder.ts'
import { secondsPerImage, secondsPerPrompt, secondsToPrepare } from '../../../src/recipes/clip-times.ts'
import { publishedClips } from '../../../src/recipes/published-sizes.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { oneThread } from './small-world.ts'

describe('the published CLIPs', () => {
  it.each([
    // sums of `p.numel()` over `clip.load(name)[0].parameters()`
    ['ViT-B/32', 151_277_313],
    ['ViT-B/16', 149_620_737],
    ['ViT-L/14', 427_616_513],
    ['ViT-L/14@336px', 427_944_193],
  ])('%s has %i parameters', (name, count) => {
    const { shape } = publishedClips.find((clip) => clip.name === name)!
    expect(clipParameters(shape).reduce((sum, { shape: its }) => sum + sizeOf(its), 0)).toBe(count)
  })
})

describe('the time of a CLIP', () => {
  const rules = { width: 32, heads: 2, activation: 'quick_gelu', epsilon: 1e-5, embedding: 16 } as const
  const image = { ...rules, size: 64, patch: 16 }
  const text = { ...rules, context: 16, vocabulary: 1000 }

  it('is measured on a few blocks, and grows with their number', async () => {
    await withEngine(oneThread, async (engine) => {
      const [small, large] = [{ layers: 3 }, { layers: 3000 }]
      expect(await secondsPerImage(engine, { ...image, ...small })).toBeGreaterThan(0)
      expect(await secondsPerImage(engine, { ...image, ...large })).toBeGreaterThan(
        50 * (await secondsPerImage(engine, { ...image, ...small })),
      )
      expect(await secondsPerPrompt(engine, { ...text, ...large })).toBeGreaterThan(
        50 * (await secondsPerPrompt(engine, { ...text, ...small })),
      )
    })
  })

  it('leaves images out that are not there', async () => {
    expect(await secondsToPrepare([], 2)).toBe(undefined)
  })
})
