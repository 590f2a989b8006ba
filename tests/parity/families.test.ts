// Every family of published weights, saved by the library that it comes from, against what that library computes with it.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'
import type { NamedArrays, NdArray } from '../../src/base/nd-array.ts'
import { readSafetensors } from '../../src/checkpoint/safetensors.ts'
import { clipText, textEmbedding } from '../../src/models/clip.ts'
import { gpt2, gpt2Logits } from '../../src/models/gpt2.ts'
import { readPretrainedClip, readPretrainedDecoder, readPretrainedEncoder } from '../../src/models/pretrained.ts'
import { vit, vitEmbedding, vitTokens } from '../../src/models/vit.ts'
import { bind } from '../../src/nn/scope.ts'
import { below, expectClose, openEngine, runOnce } from './engines.ts'

const made = (name: string) => fromRoot(`tests/fixtures/pretrained/families/${name}`)
const golden = readSafetensors(made('golden.safetensors')).readAll()
const { image, texts, ids } = golden as Record<'image' | 'texts' | 'ids', NdArray>
const of = (name: string, ...outputs: string[]): NamedArrays => {
  const all = below(golden, `${name}/`)
  return Object.fromEntries(outputs.map((output) => [output, all[output]!]))
}

const folder = mkdtempSync(join(tmpdir(), 'captune-families-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('computed as by the library that saved it', async () => {
  const engine = await openEngine('onnx')

  async function encoded(path: string) {
    const { shape, weights } = readPretrainedEncoder(path)
    return runOnce(engine, { frozen: weights, inputs: { image } }, ({ frozen, inputs }) => {
      const tower = vit(bind(frozen, 'visual.'), shape.image)
      const tokens = vitTokens(tower, inputs['image']!)
      return { outputs: { tokens, ...(tower.proj === undefined ? {} : { image: vitEmbedding(tower, tokens) }) } }
    })
  }

  async function compared(path: string) {
    const { shape, weights } = readPretrainedClip(path)
    const read = await runOnce(engine, { frozen: weights, inputs: { texts } }, ({ frozen, inputs }) => ({
      outputs: { text: textEmbedding(clipText(bind(frozen), shape.text), inputs['texts']!) },
    }))
    return { ...(await encoded(path)), ...read }
  }

  it.each([
    ['hf-clip', 'model.safetensors'],
    ['hf-clip-gelu', 'pytorch_model.bin'],
  ])('Hugging Face CLIP %s', async (name, file) => {
    expectClose(await compared(made(`${name}/${file}`)), of(name, 'tokens', 'image', 'text'), 1e-5)
  })

  it.each([
    ['open-clip', 'epoch_3.pt'],
    ['open-clip-quick', 'open_clip_model.safetensors'],
    ['open-clip-custom-text', 'open_clip_model.safetensors'],
  ])('open_clip %s', async (name, file) => {
    expectClose(await compared(made(`${name}/${file}`)), of(name, 'image', 'text'), 1e-5)
  })

  it('Hugging Face image towers, with a projection, inside another model, and alone', async () => {
    expectClose(await encoded(made('hf-vision/model.safetensors')), of('hf-vision', 'tokens', 'image'), 1e-5)
    expectClose(await encoded(made('hf-vision/inside-another.safetensors')), of('hf-vision', 'tokens', 'image'), 1e-5)
    expectClose(await encoded(made('hf-vision-alone/model.safetensors')), of('hf-vision-alone', 'tokens'), 1e-5)
  })

  it.each(['timm-augreg', 'timm-openai'])('%s', async (name) => {
    expectClose(await encoded(made(`${name}/model.safetensors`)), of(name, 'tokens'), 1e-5)
  })

  it("timm's own numbers for OpenAI's weights, where its config asks for its activation", async () => {
    const path = join(folder, 'model.safetensors')
    copyFileSync(made('timm-openai/model.safetensors'), path)
    const asked = { architecture: 'vit_base_patch32_clip_224', model_args: { act_layer: 'gelu', num_heads: 2 } }
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...asked, pretrained_cfg: { tag: 'openai' } }))
    expect(readPretrainedEncoder(path).warnings).toEqual([])
    expectClose(await encoded(path), { tokens: of('timm-openai', 'tokens_by_timm')['tokens_by_timm']! }, 1e-5)
  })

  it.each([
    ['gpt2', 'model.safetensors'],
    ['gpt2-legacy', 'pytorch_model.bin'],
    ['vision-encoder-decoder', 'model.safetensors'],
  ])('GPT-2 from %s', async (name, file) => {
    const { shape, weights } = readPretrainedDecoder(made(`${name}/${file}`))
    const found = await runOnce(engine, { frozen: weights, inputs: { ids } }, ({ frozen, inputs }) => ({
      outputs: { logits: gpt2Logits(gpt2(bind(frozen), shape), inputs['ids']!) },
    }))
    expectClose(found, of(name, 'logits'), 1e-5)
  })
})
