// What is known of a file beside its shapes, source by source, and what is said where sources are missing or disagree.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fromRoot, readJson } from '../../../src/base/files.ts'
import { floats } from '../../../src/base/nd-array.ts'
import { openCheckpoint } from '../../../src/checkpoint/open.ts'
import { writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { describeAs, readPretrainedClip, readPretrainedDecoder, readPretrainedEncoder } from '../../../src/models/pretrained.ts'
import { clipNameIn, timmName, timmNameIn } from '../../../src/models/published-names.ts'

const made = (name: string) => fromRoot(`tests/fixtures/pretrained/families/${name}`)
const folder = mkdtempSync(join(tmpdir(), 'captune-families-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A copy of a fixture's weights under another name, with these files beside it. */
function placed(from: string, name: string, beside: Record<string, unknown> = {}): string {
  const path = join(mkdtempSync(join(folder, 'place-')), name)
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync(made(from), path)
  for (const [file, content] of Object.entries(beside)) writeFileSync(join(dirname(path), file), JSON.stringify(content))
  return path
}

const encoder = (path: string) => describeAs('encoder', path)
const clipTimm = { mean: [0.48145466, 0.4578275, 0.40821073], crop: 'center' }

describe("timm's table", () => {
  interface Row {
    id: string
    size: number
    crop_pct: number
    crop: string
    interpolation: string
    mean: number[]
    std: number[]
    activation: string
    epsilon: number
    quick_twin: boolean
  }
  const { rows } = readJson(fromRoot('tests/fixtures/pretrained/timm-table.json')) as { rows: Row[] }
  const published = rows.filter(({ id }) => !id.endsWith('.untrained'))

  it('says of every published vision transformer of our layout what timm says', () => {
    expect(published.length).toBeGreaterThan(100)
    for (const { id, crop_pct, crop, interpolation, mean, std, epsilon } of published)
      expect(timmName(id, 'a test')?.told, id).toMatchObject({ crop_pct, crop, interpolation, mean, std, epsilon })
  })

  it('runs weights as they were trained: with QuickGELU where timm has them under such a name too', () => {
    const differing = published.filter(({ id, activation }) => timmName(id, '')?.told.activation !== activation)
    const trainedQuick = published.filter(({ quick_twin }) => quick_twin).map(({ id }) => id)
    const alsoQuick = ['vit_base_patch16_clip_224.dfn2b'] // open_clip says so; timm has no second name for it
    expect(differing.map(({ id }) => id).sort()).toEqual([...trainedQuick, ...alsoQuick].sort())
  })

  it('takes an architecture for its first tag, and a tag that it does not know for somebody’s own', () => {
    const bare = timmName('vit_large_patch14_clip_224', '')
    expect(bare).toMatchObject({ firstTag: 'laion2b_ft_in12k_in1k', told: { mean: [0.5, 0.5, 0.5] } })
    expect(timmName('vit_base_patch16_clip_224.mine', '')?.told).toEqual({ activation: 'gelu', epsilon: 1e-5 })
    expect(timmName('vit_base_patch16_rope_224', '')).toBeUndefined()
  })

  it("finds the name in the file's, the folder's or a hub's cache, and in no folder further away", () => {
    const id = 'vit_base_patch16_clip_224.openai'
    for (const path of [
      `/a/${id}.safetensors`,
      `/${id}/model.safetensors`,
      `/models--timm--${id}/snapshots/0ab1/model.safetensors`,
    ])
      expect(timmNameIn(path)?.id, path).toBe(id)
    expect(timmNameIn('/a/vit_base_patch16_224.safetensors')?.id).toBe('vit_base_patch16_224')
    expect(timmNameIn(`/${id}/a/b.safetensors`)).toBeUndefined()
    expect(clipNameIn('/openai/a/b.safetensors')).toBeUndefined()
    expect(clipNameIn('/a/ViT-B-32-quickgelu-laion400m_e32.pt')?.told.activation).toBe('quick_gelu')
    expect(clipNameIn('/CLIP-ViT-L-14-laion2B-s32B-b82K/model.safetensors')?.told).toMatchObject({ activation: 'gelu', mean: [0.5, 0.5, 0.5] }) // prettier-ignore
  })
})

describe('a vision transformer in timm’s names', () => {
  it("has what timm's config says, and is an encoder that cannot judge", () => {
    const path = made('timm-augreg/model.safetensors')
    const { family, shape, preprocessing, warnings } = readPretrainedEncoder(path)
    expect({ family, warnings }).toEqual({ family: 'vit', warnings: [] })
    expect(shape.image).toEqual({
      ...{ size: 16, patch: 8, width: 16, layers: 2, heads: 1, activation: 'gelu', epsilon: 1e-6 },
      ...{ patch_bias: true, ln_pre: false },
    })
    expect(preprocessing).toMatchObject({
      size: 16,
      mean: [0.5, 0.5, 0.5],
      crop_pct: 0.9,
      crop: 'center',
      interpolation: 'bicubic',
    })
    expect(() => readPretrainedClip(path)).toThrow(
      'this vision transformer has no text tower and cannot compare captions with images; a CLIP with both towers is needed to judge or to classify.',
    )
  })

  it('that timm runs with another activation than it was trained with is told, with the way to have timm’s', () => {
    const { shape, warnings } = readPretrainedEncoder(made('timm-openai/model.safetensors'))
    expect(shape.image).toMatchObject({ activation: 'quick_gelu', epsilon: 1e-5, heads: 2 })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('was trained with QuickGELU, which Captune computes; timm computes GELU under this name.')
    expect(warnings[0]).toContain('"model_args": {"act_layer": "gelu"}')
  })

  it('is known by its name where it has no config', () => {
    const { settled, preprocessing, warnings } = encoder(
      placed('timm-openai/model.safetensors', 'vit_base_patch16_clip_quickgelu_224.openai.safetensors'),
    )
    expect(preprocessing).toMatchObject({ ...clipTimm, crop_pct: 0.9 })
    expect(settled.facts.activation).toBe('quick_gelu')
    expect(settled.origins.activation).toBe('the name vit_base_patch16_clip_quickgelu_224.openai')
    expect(warnings).toEqual([])
  })

  it('is told what it was taken for where its name has no tag', () => {
    const path = placed('timm-augreg/model.safetensors', 'vit_base_patch16_224.safetensors')
    expect(encoder(path).warnings).toEqual([
      `${path}: the name has no tag; taken as vit_base_patch16_224.augreg2_in21k_ft_in1k, which timm means by it.`,
    ])
  })

  it('is told what was assumed where nothing is known', () => {
    const path = placed('timm-augreg/model.safetensors', 'mine.safetensors')
    expect(encoder(path).warnings).toEqual([
      `${path}: taken with activation gelu, epsilon 0.000001, mean 0.5 0.5 0.5, std 0.5 0.5 0.5, crop_pct 0.9, crop center, for nothing tells otherwise; timm's \`config.json\` beside the file, or timm's name for it with its tag, would.`,
    ])
  })

  it('believes its own metadata before all others', () => {
    const path = join(mkdtempSync(join(folder, 'own-')), 'vit_base_patch32_clip_224.openai.safetensors')
    const arrays = openCheckpoint(made('timm-openai/model.safetensors')).readAll()
    writeSafetensors(path, arrays, { 'captune.activation': 'gelu', 'captune.image_heads': '2' })
    const { settled, warnings } = encoder(path)
    expect(settled.facts).toMatchObject({ activation: 'gelu', image_heads: 2, crop_pct: 0.9 })
    expect(warnings).toEqual([])
  })

  it('ignores, and says so, a config of another model', () => {
    const other = { architecture: 'vit_large_patch16_224', num_features: 1024, pretrained_cfg: { mean: [0, 0, 0] } }
    const path = placed('timm-augreg/model.safetensors', 'vit_base_patch16_224.mae.safetensors', { 'config.json': other })
    const { preprocessing, warnings } = encoder(path)
    expect(preprocessing.mean).toEqual([0.485, 0.456, 0.406])
    expect(warnings).toEqual([`${join(dirname(path), 'config.json')}: it describes another model than ${path}; it is not used.`])
  })

  it.each([
    ['fc-norm', 'norms the mean of its tokens and not the tokens (`fc_norm`)'],
    ['registers', 'has register tokens'],
    ['no-class-token', 'has no class token (`cls_token`)'],
    ['layer-scale', 'scales the outputs of its layers (`ls1`)'],
  ])('%s is refused', (name, reason) => {
    const path = made(`timm-variants/${name}.safetensors`)
    expect(() => encoder(path)).toThrow(`${path}: this ViT ${reason}; a plain one is needed`)
  })

  it('with a config that makes no sense is refused by the key', () => {
    const path = placed('timm-augreg/model.safetensors', 'model.safetensors', {
      'config.json': { architecture: 'vit_base_patch16_224', pretrained_cfg: { mean: 0.5 } },
    })
    expect(() => encoder(path)).toThrow('`pretrained_cfg.mean` is 0.5; a list of three numbers is needed')
  })
})

describe("a CLIP in Hugging Face's names", () => {
  it('has what its config and its preprocessor say', () => {
    const { settled, preprocessing, warnings } = describeAs('clip', made('hf-clip-gelu/pytorch_model.bin'))
    expect(settled.facts).toMatchObject({ activation: 'gelu', epsilon: 1e-5, image_heads: 4, text_heads: 3 })
    expect(preprocessing).toMatchObject({ mean: [0.5, 0.4, 0.3], std: [0.3, 0.2, 0.1], crop: 'center' })
    expect(Math.floor(preprocessing.size / preprocessing.crop_pct)).toBe(18)
    expect(settled.origins).toMatchObject({ activation: 'config.json', mean: 'preprocessor_config.json' })
    expect(warnings).toEqual([])
  })

  it('is told the activation that was assumed where it has no config', () => {
    const path = placed('hf-clip/model.safetensors', 'model.safetensors')
    expect(() => describeAs('clip', path)).not.toThrow()
    expect(describeAs('clip', path).warnings[0]).toContain('taken with activation quick_gelu, for nothing tells otherwise')
  })

  it('may have any activation that we compute, and no other', () => {
    const config = readJson(made('hf-vision-alone/config.json')) as object
    const acting = (hidden_act: string) =>
      placed('hf-vision-alone/model.safetensors', 'model.safetensors', { 'config.json': { ...config, hidden_act } })
    expect(encoder(acting('gelu_pytorch_tanh')).settled.facts.activation).toBe('gelu_tanh')
    expect(() => encoder(acting('swish'))).toThrow('the activation is "swish"; one of quick_gelu, gelu, gelu_new')
  })

  it.each([
    [
      { size: 16, crop_size: 16 },
      { crop: 'center', crop_pct: 1 },
    ],
    [
      { size: { height: 16, width: 16 }, do_center_crop: false },
      { crop: 'squash', crop_pct: 1 },
    ],
    [
      { size: { shortest_edge: 20 }, crop_size: { height: 16, width: 16 } },
      { crop: 'center', crop_pct: 0.8 },
    ],
  ])('of preprocessor %o crops as %o', (processor, crop) => {
    const path = placed('hf-vision-alone/model.safetensors', 'm.safetensors', { 'preprocessor_config.json': processor })
    expect(encoder(path).preprocessing).toMatchObject(crop)
  })

  it('without a class token, as a SigLIP, is refused', () => {
    const path = join(mkdtempSync(join(folder, 'siglip-')), 'model.safetensors')
    writeSafetensors(path, { 'vision_model.embeddings.patch_embedding.weight': floats([8, 3, 4, 4]) })
    expect(() => encoder(path)).toThrow('this image tower has no class token')
  })
})

describe('a CLIP of open_clip', () => {
  it('has what its config says, GELU unless that says QuickGELU', () => {
    const { settled, preprocessing, warnings } = describeAs('clip', made('open-clip/epoch_3.pt'))
    expect(settled.facts).toMatchObject({ activation: 'gelu', image_heads: 2, text_heads: 3 })
    expect(preprocessing).toMatchObject({ mean: [0.5, 0.5, 0.5], crop: 'squash' })
    expect(warnings).toEqual([])
    expect(describeAs('clip', made('open-clip-quick/open_clip_model.safetensors')).settled.facts.activation).toBe('quick_gelu')
  })

  it('called by a name that was trained with QuickGELU is told how open_clip differs', () => {
    const config = readJson(made('open-clip/open_clip_config.json'))
    const path = placed('open-clip-custom-text/open_clip_model.safetensors', 'ViT-B-32-openai.safetensors', {
      'open_clip_config.json': config,
    })
    const { settled, warnings } = describeAs('clip', path)
    expect(settled.facts.activation).toBe('quick_gelu')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('open_clip computes GELU by a config without `"quick_gelu": true`')
  })

  it('is told the activation that was assumed where neither name nor config tells it', () => {
    const path = placed('open-clip-quick/open_clip_model.safetensors', 'model.safetensors')
    expect(describeAs('encoder', path).warnings[0]).toContain('taken with activation quick_gelu, for nothing tells otherwise')
    const texts = placed('open-clip-custom-text/open_clip_model.safetensors', 'model.safetensors')
    expect(describeAs('encoder', texts).warnings[0]).toContain('taken with activation gelu, for nothing tells otherwise')
  })

  it('with a ResNet is refused', () => {
    const path = join(mkdtempSync(join(folder, 'resnet-')), 'model.safetensors')
    writeSafetensors(path, { 'visual.conv1.weight': floats([8, 3, 3, 3]), 'visual.layer1.0.conv1.weight': floats([2]) })
    expect(() => encoder(path)).toThrow('this is a CLIP whose image tower is a ResNet; one with a vision transformer is needed')
  })
})

describe('a GPT-2 with a config beside it', () => {
  const config = readJson(made('gpt2/config.json')) as object
  const having = (changes: object) =>
    placed('gpt2/model.safetensors', 'model.safetensors', { 'config.json': { ...config, ...changes } })

  it('has its heads and its epsilon from there', () => {
    expect(readPretrainedDecoder(made('gpt2/model.safetensors')).shape).toMatchObject({ heads: 4, epsilon: 1e-3 })
    expect(readPretrainedDecoder(made('gpt2-legacy/pytorch_model.bin')).shape).not.toHaveProperty('epsilon')
  })

  it.each([
    [{ activation_function: 'relu' }, '`activation_function` is "relu"; gelu_new is needed'],
    [{ n_inner: 20 }, '`n_inner` is 20; 48, four times the width, is needed'],
    [{ scale_attn_by_inverse_layer_idx: true }, '`scale_attn_by_inverse_layer_idx` is true; false is needed'],
    [{ scale_attn_weights: false }, '`scale_attn_weights` is false; true is needed'],
  ])('that says %o is refused', (changes, sentence) => {
    expect(() => readPretrainedDecoder(having(changes))).toThrow(sentence)
  })

  it('ignores, and says so, a config of another size', () => {
    const path = having({ n_embd: 768, n_head: 12, activation_function: 'relu' })
    const { shape, warnings } = readPretrainedDecoder(path)
    expect(shape.heads).toBe(1)
    expect(warnings).toEqual([`${join(dirname(path), 'config.json')}: it describes another model than ${path}; it is not used.`])
  })

  it('is read out of a captioner, whose cross-attention is left aside and named', () => {
    const path = made('vision-encoder-decoder/model.safetensors')
    const { shape, warnings } = readPretrainedDecoder(path)
    expect(shape).toEqual({ layers: 2, heads: 4, width: 12, vocabulary: 17, positions: 9 })
    expect(warnings).toEqual([
      `${path}: its trained cross-attention (\`decoder.transformer.h.0.crossattention.c_attn.bias\` and 15 more) is left aside; the decoder alone is read.`,
    ])
  })
})

describe('what lies outside a file', () => {
  it('is told where it changes what the file computes, so that features and runs are kept apart', () => {
    expect(encoder(made('timm-openai/model.safetensors')).beyond).toContain('image_heads 2, activation quick_gelu')
    const known = placed('timm-augreg/model.safetensors', 'vit_base_patch16_224.augreg_in1k.safetensors')
    expect(encoder(known).beyond).toBe('') // the name tells what would have been assumed
    expect(describeAs('decoder', made('gpt2/model.safetensors')).beyond).toBe('heads 4, epsilon 0.001')
    expect(describeAs('clip', fromRoot('weights/shapes/clip.safetensors')).beyond).toBe('')
  })
})
