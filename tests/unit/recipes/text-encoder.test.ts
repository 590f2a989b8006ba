import { describe, expect, it } from 'vitest'
import { openTextEncoder } from '../../../src/recipes/text-encoder.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { oneThread } from './small-world.ts'

const clip = { weights: 'weights/shapes/clip.safetensors', vocabulary: 'weights/shapes/clip-vocabulary.txt.gz' }

describe('the embedding of a text', () => {
  it('is the same beside short texts and beside ones that need all of the context', async () => {
    await withEngine(oneThread, async (engine) => {
      const texts = await openTextEncoder(engine, clip)
      const [short, long] = ['a photo of a red star', 'star '.repeat(28)]
      expect([texts.fits(long), texts.fits('star '.repeat(40))]).toEqual([true, false])
      const [alone] = await texts.embed([short])
      const [beside, other] = await texts.embed([short, long])
      beside!.forEach((value, i) => expect(value).toBeCloseTo(alone![i]!, 5))
      expect(other).not.toEqual(beside)
      await texts.dispose()
    })
  })
})
