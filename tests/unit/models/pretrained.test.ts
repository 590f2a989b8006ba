import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fromRoot, readJson } from '../../../src/base/files.ts'
import { floats } from '../../../src/base/nd-array.ts'
import type { FloatArray, NamedArrays } from '../../../src/base/nd-array.ts'
import { CheckpointError, readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { openCheckpoint } from '../../../src/checkpoint/open.ts'
import { writeTorchZip } from '../../../src/checkpoint/torch-zip.ts'
import { gpt2 } from '../../../src/models/gpt2.ts'
import {
  describeAs,
  modelsIn,
  misfitsOf,
  readPretrainedClip,
  readPretrainedDecoder,
  readPretrainedEncoder,
  writePretrained,
} from '../../../src/models/pretrained.ts'
import { initialise } from '../../../src/nn/initialise.ts'
import { declared } from '../../../src/nn/scope.ts'
import { fixture, fixturePath } from '../../parity/engines.ts'

const folder = mkdtempSync(join(tmpdir(), 'captune-pretrained-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'weights.safetensors')

const clipFile = fixture('clip.safetensors')
const heads = { 'captune.image_heads': '2', 'captune.text_heads': '3' }
const shape = { layers: 2, heads: 4, width: 16, vocabulary: 11, positions: 9 }
const weights = initialise(
  declared((scope) => gpt2(scope, shape)),
  1,
)

function reading(arrays: NamedArrays, metadata: Record<string, string> = { 'captune.heads': '4' }): () => unknown {
  return () => {
    writeSafetensors(path, arrays, metadata)
    return readPretrainedDecoder(path)
  }
}

function readingClip(arrays: NamedArrays, metadata: Record<string, string> = heads): () => unknown {
  return () => {
    writeSafetensors(path, arrays, metadata)
    return readPretrainedClip(path)
  }
}

/** What a file is recognised as, and how it differs. */
function recognise(file: string) {
  const opened = openCheckpoint(file)
  return modelsIn(opened).map((model) => ({ family: model.family, ...misfitsOf(opened, model) }))
}

const without = (arrays: NamedArrays, name: string) => Object.fromEntries(Object.entries(arrays).filter(([key]) => key !== name))

describe('a GPT-2 file', () => {
  it('gives sizes and weights as they were written', () => {
    writePretrained(path, { family: 'gpt2', shape, weights })
    expect(readPretrainedDecoder(path)).toEqual({ family: 'gpt2', shape, weights, warnings: [] })
  })

  it('may have the prefix, mask buffers and a tied head of other programs', () => {
    const prefixed = Object.fromEntries(Object.entries(weights).map(([name, array]) => [`transformer.${name}`, array]))
    const buffers = { 'transformer.h.0.attn.bias': floats([1, 1, 9, 9]), 'transformer.h.0.attn.masked_bias': floats([]) }
    const read = reading({ ...prefixed, ...buffers, 'lm_head.weight': weights['wte.weight']! })
    expect(read()).toEqual({ family: 'gpt2', shape, weights, warnings: [] })
  })

  it('has heads 64 wide unless it says otherwise', () => {
    const wide = initialise(
      declared((scope) => gpt2(scope, { ...shape, layers: 1, width: 128 })),
      1,
    )
    expect(reading(wide, {})()).toMatchObject({ shape: { heads: 2 } })
    expect(reading(weights, { 'captune.heads': '3' })).toThrow('3 heads (metadata `captune.heads`) do not divide the width 16')
    expect(reading(weights, { 'captune.heads': 'many' })).toThrow(
      'metadata `captune.heads` is "many"; a positive whole number is needed',
    )
  })

  it('with an entry missing, misshapen or too many is refused by its name', () => {
    expect(reading(without(weights, 'h.1.mlp.c_fc.bias'))).toThrow('`h.1.mlp.c_fc.bias` is missing; shape [64] is needed')
    expect(reading({ ...weights, 'h.0.attn.c_attn.weight': floats([48, 16]) })).toThrow(
      '`h.0.attn.c_attn.weight` has shape [48, 16]; [16, 48] is needed',
    )
    expect(reading({ ...weights, 'h.0.attn.extra': floats([2]) })).toThrow('`h.0.attn.extra` [2] is unexpected')
    expect(reading({ ...weights, 'lm_head.weight': floats([11, 16]) })).toThrow('`lm_head.weight` differs from `wte.weight`')
    expect(reading(without(weights, 'wpe.weight'))).toThrow(CheckpointError)
  })
})

describe('a GPT-2 that somebody else saved', () => {
  const lone = initialise(
    declared((scope) => gpt2(scope, { ...shape, heads: 1 })),
    1,
  )
  const renamed = (rename: (name: string) => string, arrays: NamedArrays = lone) =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [rename(name), array]))
  const transposed = ({ shape: [rows, columns], data }: FloatArray) =>
    floats(
      [columns!, rows!],
      data.map((_, i) => data[(i % rows!) * columns! + Math.floor(i / rows!)]!),
    )
  const turned = Object.fromEntries(
    Object.entries(lone).map(([name, array]) => [
      name,
      /c_(attn|fc|proj)\.weight$/.test(name) ? transposed(array as FloatArray) : array,
    ]),
  )
  const letters = (name: string) =>
    name.startsWith('w')
      ? name
      : name
          .replace(/(ln_\w+)\.weight$/, '$1.g')
          .replace(/\.weight$/, '.w')
          .replace(/\.bias$/, '.b')
  const zipped = (arrays: NamedArrays) => {
    const pt = join(folder, 'decoder.pt')
    writeTorchZip(pt, arrays)
    return pt
  }

  it.each([
    ['without a prefix', lone],
    ['from GPT2LMHeadModel', { ...renamed((name) => `transformer.${name}`), 'lm_head.weight': lone['wte.weight']! }],
    [
      'from several GPUs',
      { ...renamed((name) => `module.transformer.${name}`), 'module.lm_head.decoder.weight': lone['wte.weight']! },
    ],
    ['inside a captioner', { ...renamed((name) => `decoder.transformer.${name}`), 'encoder.x': floats([3]) }],
    ['with the letters of the first release', renamed(letters)],
    ['with letters and a prefix', renamed((name) => `module.transformer.${letters(name)}`)],
    ['with linear maps as [outputs, inputs]', turned],
    ['with masks', { ...lone, 'h.0.attn.bias': floats([1, 1, 9, 9]), 'h.0.attn.masked_bias': floats([]) }],
  ] as const)('%s is the same decoder', (_, arrays) => {
    expect(readPretrainedDecoder(zipped(arrays))).toEqual({
      family: 'gpt2',
      shape: { ...shape, heads: 1 },
      weights: lone,
      warnings: [],
    })
  })

  it('with a head of its own is refused under its own name', () => {
    const own = { ...renamed((name) => `decoder.transformer.${name}`), 'decoder.lm_head.weight': floats([11, 16]) }
    expect(() => readPretrainedDecoder(zipped(own))).toThrow(
      '`decoder.lm_head.weight` differs from `decoder.transformer.wte.weight`; a head tied to the token table is needed',
    )
  })
})

describe('a file that PyTorch wrote', () => {
  const made = (name: string) => fromRoot(`tests/fixtures/pretrained/${name}`)
  const golden = readJson(made('golden.json')) as Record<'clip' | 'gpt2', Record<string, [number, number, number]>>
  const expectValues = (found: NamedArrays, wanted: Record<string, [number, number, number]>) => {
    for (const [name, { data }] of Object.entries(found)) {
      const [first, last, sum] = wanted[name]!
      expect([data[0], data.at(-1)], name).toEqual([first, last])
      expect(
        (data as Float32Array).reduce((total, value) => total + value, 0),
        name,
      ).toBeCloseTo(sum, 9)
    }
  }

  it("in the layout of the course's decoder is a decoder", () => {
    const model = readPretrainedDecoder(made('decoder_model.bin'))
    expect(model.shape).toEqual({ layers: 2, heads: 1, width: 8, vocabulary: 11, positions: 6 })
    expect(Object.keys(model.weights)).toHaveLength(Object.keys(golden.gpt2).length - 2) // its two masks
    expectValues(model.weights, golden.gpt2)
  })

  it('in the layout of the OpenAI archives is a CLIP', () => {
    const model = readPretrainedClip(made('clip-openai.pt'))
    expect(model.shape).toMatchObject({
      image: { size: 8, patch: 4, layers: 2, heads: 1, width: 8, activation: 'quick_gelu', embedding: 6 },
      text: { layers: 1, heads: 1, width: 8, context: 7, vocabulary: 13 },
    })
    expect(Object.keys(model.weights)).toHaveLength(Object.keys(golden.clip).length - 3) // its three sizes
    expectValues(model.weights, golden.clip)
  })

  it('is recognised by names and shapes, with what it lacks and has too many', () => {
    const none = { missing: [], unexpected: [], misshapen: [] }
    expect(recognise(made('clip-openai.pt'))).toEqual([{ family: 'clip', ...none }])
    expect(recognise(made('decoder_model.bin'))).toEqual([{ family: 'gpt2', ...none }])
    writeSafetensors(path, { ...without(weights, 'ln_f.bias'), 'h.0.attn.extra': floats([2]), 'ln_f.weight': floats([3]) })
    expect(recognise(path)).toEqual([
      {
        family: 'gpt2',
        missing: [{ name: 'ln_f.bias', needed: [16] }],
        unexpected: [{ name: 'h.0.attn.extra', found: [2] }],
        misshapen: [{ name: 'ln_f.weight', found: [3], needed: [16] }],
      },
    ])
    writeSafetensors(path, { other: floats([2]) })
    expect(recognise(path)).toEqual([])
  })
})

describe('a CLIP file', () => {
  it('has its linear maps and its convolution turned to [inputs, outputs], once', () => {
    const model = readPretrainedClip(fixturePath('clip.safetensors'))
    const at = (arrays: NamedArrays, name: string, i: number) => arrays[name]!.data[i]
    const inProjection = 'transformer.resblocks.1.attn.in_proj_weight'
    expect(clipFile[inProjection]!.shape).toEqual([27, 9])
    expect(model.weights[inProjection]!.shape).toEqual([9, 27])
    expect(at(model.weights, inProjection, 2 * 27 + 5)).toBe(at(clipFile, inProjection, 5 * 9 + 2))
    expect(model.weights['visual.conv1.weight']!.shape).toEqual([48, 12])
    expect(at(model.weights, 'visual.conv1.weight', 30 * 12 + 7)).toBe(at(clipFile, 'visual.conv1.weight', 7 * 48 + 30))
    expect(model.weights['visual.proj']).toEqual(clipFile['visual.proj'])
  })

  it('written again has the published names, layout and values', () => {
    const model = readPretrainedClip(fixturePath('clip.safetensors'))
    writePretrained(path, model)
    const again = readSafetensors(path)
    expect(again.readAll()).toEqual(clipFile)
    expect(readPretrainedClip(path)).toEqual(model)
  })

  it('may be stored in half precision', () => {
    const model = readPretrainedClip(fixturePath('clip.safetensors'))
    writePretrained(path, model, 'float16')
    const read = readPretrainedClip(path)
    expect(read.shape).toEqual(model.shape)
    for (const [name, { data }] of Object.entries(read.weights) as [string, FloatArray][])
      data.forEach((value, i) =>
        expect(Math.abs(value - model.weights[name]!.data[i]!)).toBeLessThanOrEqual(Math.abs(value) * 5e-4 + 1e-7),
      )
  })

  it('may say its activation, epsilon and colours; otherwise they are those of OpenAI', () => {
    const clip = readPretrainedClip(fixturePath('clip.safetensors'))
    expect(clip.preprocessing).toEqual({
      size: 8,
      mean: [0.48145466, 0.4578275, 0.40821073],
      std: [0.26862954, 0.26130258, 0.27577711],
      crop_pct: 1,
      crop: 'center',
      interpolation: 'bicubic',
    })
    const said = {
      'captune.activation': 'gelu',
      'captune.epsilon': '1e-6',
      'captune.mean': '0.5,0.5,0.5',
      'captune.std': '0.5,0.5,0.5',
      'captune.crop_pct': '0.9',
      'captune.crop': 'squash',
    }
    expect(readingClip(clipFile, { ...heads, ...said })()).toMatchObject({
      shape: { image: { activation: 'gelu', epsilon: 1e-6 }, text: { activation: 'gelu', epsilon: 1e-6 } },
      preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], crop_pct: 0.9, crop: 'squash' },
    })
    expect(readingClip(clipFile, { ...heads, 'captune.activation': 'gleu' })).toThrow(
      'metadata `captune.activation` is "gleu"; one of gelu_tanh',
    )
    expect(readingClip(clipFile, { ...heads, 'captune.epsilon': 'small' })).toThrow(
      'metadata `captune.epsilon` is "small"; a number',
    )
    expect(readingClip(clipFile, { ...heads, 'captune.mean': '0.5' })).toThrow('metadata `captune.mean` is "0.5"; three numbers')
    expect(readingClip(clipFile, { ...heads, 'captune.crop_pct': '2' })).toThrow(
      'metadata `captune.crop_pct` is "2"; a share such as 0.9 is needed',
    )
    expect(readingClip(clipFile, { ...heads, 'captune.crop': 'round' })).toThrow(
      'metadata `captune.crop` is "round"; center or squash',
    )
    expect(readingClip(clipFile, { 'captune.image_heads': '5' })).toThrow('5 heads (its metadata) do not divide the width 12')
  })

  it('may carry the three sizes that OpenAI stores as buffers', () => {
    expect(readingClip({ ...clipFile, context_length: floats([]) }, heads)).not.toThrow()
  })

  it('that does not fit itself is refused', () => {
    expect(readingClip(without(clipFile, 'visual.proj'), heads)).toThrow('`visual.proj` is missing')
    expect(readingClip({ ...clipFile, 'visual.positional_embedding': floats([4, 12]) }, heads)).toThrow(
      'has 4 rows; one more than a square is needed',
    )
    expect(readingClip({ ...clipFile, 'visual.conv1.weight': floats([12, 1, 4, 4]) }, heads)).toThrow(
      '`visual.conv1.weight` has shape [12, 1, 4, 4]; [any, 3, any, any] is needed',
    )
    expect(readingClip({ ...clipFile, text_projection: floats([9, 5]) }, heads)).toThrow(
      '`text_projection` has shape [9, 5]; [9, 6] is needed',
    )
  })

  it('that does not fit itself is refused before its values are read, too', () => {
    const norm = 'visual.transformer.resblocks.0.ln_2.bias'
    writeSafetensors(path, { ...clipFile, [norm]: floats([5]) }, heads)
    for (const role of ['encoder', 'clip'] as const)
      expect(() => describeAs(role, path)).toThrow(`\`${norm}\` has shape [5]; [12] is needed`)
    writeSafetensors(path, without(clipFile, norm), heads)
    expect(() => describeAs('encoder', path)).toThrow(`\`${norm}\` is missing`)
  })

  it('gives its text tower without the image tower to who needs no more', () => {
    const whole = readPretrainedClip(fixturePath('clip.safetensors'))
    const texts = readPretrainedClip(fixturePath('clip.safetensors'), 'text')
    const ofTexts = Object.entries(whole.weights).filter(([name]) => !name.startsWith('visual.'))
    expect(texts).toEqual({ ...whole, weights: Object.fromEntries(ofTexts) })
  })
})

describe('a file of another kind', () => {
  it('is named', () => {
    expect(reading({ 'blocks.0.weight': floats([2]) })).toThrow(
      'the entries (`blocks.0.weight`, ...) are of no known model; a GPT-2 is needed',
    )
    expect(() => readPretrainedEncoder(path)).toThrow(
      "the entries (`blocks.0.weight`, ...) are of no known model; a CLIP, or a vision transformer in timm's names, is needed",
    )
    writePretrained(path, { family: 'gpt2', shape, weights })
    expect(() => readPretrainedClip(path)).toThrow('this is a GPT-2 decoder; a CLIP or a vision transformer is needed')
    expect(() => readPretrainedDecoder(fixturePath('clip.safetensors'))).toThrow(
      'this is an image encoder; a GPT-2 decoder is needed',
    )
    expect(() => readPretrainedEncoder(join(folder, 'absent'))).toThrow('absent: the file is missing')
  })
})
