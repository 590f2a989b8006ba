// Both CLIP towers, read from a file in OpenAI's names, against PyTorch's own convolution and multi-head attention.
import { describe, expect, it } from 'vitest'
import type { NamedArrays, NdArray } from '../../src/base/nd-array.ts'
import { clip, contrastiveLoss, textEmbedding } from '../../src/models/clip.ts'
import { clipEntries } from '../../src/models/pretrained-openai.ts'
import { readPretrainedClip } from '../../src/models/pretrained.ts'
import { vitEmbedding, vitTokens } from '../../src/models/vit.ts'
import { bind } from '../../src/nn/scope.ts'
import { below, distance, engineNames, expectClose, fixture, fixturePath, openEngine, runOnce, withGradients } from './engines.ts'

const model = readPretrainedClip(fixturePath('clip.safetensors'))
const expected = fixture('clip-expected.safetensors')
const { images, texts } = expected as Record<'images' | 'texts', NdArray>

it('sizes and heads are those of the file', () => {
  const rules = { activation: 'quick_gelu', epsilon: 1e-5, embedding: 6, layers: 2 }
  expect(model.shape.image).toEqual({ ...rules, size: 8, patch: 4, width: 12, heads: 2 })
  expect(model.shape.text).toEqual({ ...rules, context: 7, vocabulary: 11, width: 9, heads: 3 })
})

describe.each(engineNames)('on %s', async (engineName) => {
  const engine = await openEngine(engineName)

  it('tokens, embeddings, contrastive loss and all gradients are those of PyTorch', async () => {
    const step = withGradients(({ state, inputs }) => {
      const { visual, text, logit_scale } = clip(bind(state), model.shape, { trained: true })
      const tokens = vitTokens(visual, inputs['images']!)
      const image = vitEmbedding(visual, tokens)
      const inText = textEmbedding(text, inputs['texts']!)
      return { tokens, image, text: inText, loss: contrastiveLoss(image, inText, logit_scale) }
    })
    const found = await runOnce(engine, { trained: model.weights, inputs: { images, texts } }, step)
    const { tokens, image, text, loss } = expected as Record<string, NdArray>
    expectClose(found, { tokens: tokens!, image: image!, text: text!, loss: loss! }, 1e-5)
    expectClose(published(found), below(expected, 'grad/'), 1e-4)
  })

  it('frozen tables, which are gathered, give the same embeddings', async () => {
    const found = await runOnce(engine, { frozen: model.weights, inputs: { texts } }, ({ frozen, inputs }) => ({
      outputs: { text: textEmbedding(clip(bind(frozen), model.shape).text, inputs['texts']!) },
    }))
    expect(distance(found['text'], expected['text']!)).toBeLessThanOrEqual(1e-5)
  })
})

/** Gradients in the layout of the published file. */
function published(found: NamedArrays): NamedArrays {
  return clipEntries({ ...model, weights: below(found, 'grad/') }).arrays
}
