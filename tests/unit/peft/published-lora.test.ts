// Adapters that the `peft` library saved, and adapters written for it, against the logits that it computes (tests/fixtures/peft).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { fromRoot, readJson } from '../../../src/base/files.ts'
import type { NamedArrays, NdArray } from '../../../src/base/nd-array.ts'
import { openCheckpoint } from '../../../src/checkpoint/open.ts'
import { readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { gpt2, gpt2Logits } from '../../../src/models/gpt2.ts'
import { readPretrainedDecoder } from '../../../src/models/pretrained.ts'
import { bind } from '../../../src/nn/scope.ts'
import { lora } from '../../../src/peft/lora.ts'
import type { LoraConfig } from '../../../src/peft/lora.ts'
import { publishedFactors, publishedSettings } from '../../../src/peft/published-lora.ts'
import { readPublishedLora } from '../../../src/peft/read-published-lora.ts'
import { below, distance, openEngine, runOnce } from '../../parity/engines.ts'

const folder = mkdtempSync(join(tmpdir(), 'captune-peft-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fixture = (name: string) => fromRoot(`tests/fixtures/peft/${name}`)
const engine = await openEngine('onnx')
const decoder = readPretrainedDecoder(fixture('decoder.safetensors'))
const golden = readSafetensors(fixture('golden.safetensors')).readAll()
const ids = golden['ids']!

const everywhere: LoraConfig = { rank: 2, alpha: 3, targets: ['c_attn', 'c_proj', 'c_fc'], rank_stabilised: false }
const stabilised: LoraConfig = { rank: 4, alpha: 6, targets: ['c_attn'], rank_stabilised: true }
const inParts: LoraConfig = { rank: 2, alpha: 3, targets: ['v', 'mlp.c_proj', 'q'], rank_stabilised: true }
const partTensors = below(golden, 'parts/')

async function logits(config: LoraConfig, trained: NamedArrays): Promise<NdArray> {
  const outputs = await runOnce(engine, { frozen: decoder.weights, trained, inputs: { ids } }, (given) => {
    const adapted = lora(gpt2(bind(given.frozen), decoder.shape), bind(given.state), config)
    return { outputs: { logits: gpt2Logits(adapted, given.inputs['ids']!) } }
  })
  return outputs['logits']!
}

const settingsOf = (name: string) => readJson(fixture(`${name}/adapter_config.json`)) as Record<string, unknown>
const weightsOf = (name: string) =>
  openCheckpoint(fixture(`${name}/adapter_model.${name === 'stabilised' ? 'bin' : 'safetensors'}`))

function read(name: string, config: LoraConfig, settings: Record<string, unknown> = {}): NamedArrays {
  return readPublishedLora({ where: name, settings: { ...settingsOf(name), ...settings }, file: weightsOf(name) }, config)
}

/** What is written for `config`, read again as `as`. */
function again(trained: NamedArrays, config: LoraConfig, as: LoraConfig = config): NamedArrays {
  const path = join(folder, 'adapter_model.safetensors')
  writeSafetensors(path, publishedFactors(trained, config))
  return readPublishedLora({ where: 'again', settings: publishedSettings(config), file: readSafetensors(path) }, as)
}

describe('an adapter that peft saved', () => {
  it.each([
    ['all', everywhere],
    ['stabilised', stabilised],
  ])('%s: gives the logits of peft', async (name, config) => {
    expect(distance(await logits(config, read(name, config)), golden[`logits/${name}`]!)).toBeLessThanOrEqual(1e-5)
  })

  it('may have another scale in other words', async () => {
    const plain: LoraConfig = { ...stabilised, alpha: 12, rank_stabilised: false } // 12 / 4 = 6 / sqrt 4
    expect(distance(await logits(plain, read('stabilised', plain)), golden['logits/stabilised']!)).toBeLessThanOrEqual(1e-5)
  })

  it('is what we write of its tensors, and so are the settings', () => {
    expect(publishedFactors(read('all', everywhere), everywhere)).toEqual(weightsOf('all').readAll())
    const { target_modules: targets, ...settings } = publishedSettings(everywhere)
    expect(settingsOf('all')).toMatchObject(settings)
    expect(targets).toEqual(['attn.c_attn', 'attn.c_proj', 'mlp.c_proj', 'mlp.c_fc'])
  })

  it('that differs from the config in all it can is refused with every difference', () => {
    const config: LoraConfig = { rank: 4, alpha: 3, targets: ['attn.c_proj', 'c_attn'], rank_stabilised: false }
    const settings = {
      use_dora: true,
      modules_to_save: ['lm_head'],
      init_lora_weights: 'pissa',
      alpha_pattern: { 'h.0.mlp.c_fc': 9 },
    }
    expect(() => read('all', config, settings)).toThrow(
      new UserError(`all: this adapter is not the one that the config's peft describes; one that agrees with it, or a config that agrees with the adapter, is needed.
  use_dora: true, plain LoRA is needed
  modules_to_save: ["lm_head"], plain LoRA is needed
  init_lora_weights: "pissa", which changes the base weights; an adapter for unchanged ones is needed
  target_modules: attn.c_attn, attn.c_proj, mlp.c_fc, mlp.c_proj in the adapter, attn.c_attn, attn.c_proj by peft.targets [attn.c_proj, c_attn]
  attn.c_attn: r 2, lora_alpha 3 in the adapter, r 4, lora_alpha 3 by peft.rank 4, peft.alpha 3
  attn.c_proj: r 2, lora_alpha 3 in the adapter, r 4, lora_alpha 3 by peft.rank 4, peft.alpha 3`),
    )
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['of another method', { peft_type: 'PREFIX_TUNING' }, '\n  peft_type: "PREFIX_TUNING", LORA is needed'],
    ['without a rank', { r: null }, '\n  attn.c_attn: r null, lora_alpha 3 in the adapter, r 2, lora_alpha 3 by peft.rank 2'],
    ['with another rank for one map', { rank_pattern: { c_fc: 8 } }, '\n  mlp.c_fc: r 8, lora_alpha 3 in the adapter'],
    ['scaled otherwise in one layer', { alpha_pattern: { 'h.1.attn.c_attn': 6 } }, '\n  attn.c_attn: r 2, lora_alpha 6 in the'],
    ['scaled by a pattern', { alpha_pattern: { 'h\\.[01].*': 6 } }, '\n  alpha_pattern: "h\\\\.[01].*" is a regular expression'],
    ['rank-stabilised', { use_rslora: true }, '\n  attn.c_attn: r 2, lora_alpha 3, use_rslora in the adapter'],
  ])('%s is refused', (_what, settings, message) => {
    expect(() => read('all', everywhere, settings)).toThrow(message)
  })

  it('with tensors that are no pair of factors is refused', () => {
    const prefix = 'base_model.model.transformer.'
    const { [`${prefix}h.1.mlp.c_fc.lora_B.weight`]: lone, ...others } = weightsOf('all').readAll()
    const arrays = { ...others, [`${prefix}h.0.crossattention.c_attn.lora_A.weight`]: lone! }
    const path = join(folder, 'odd.safetensors')
    writeSafetensors(path, arrays)
    const odd = { where: 'odd', settings: settingsOf('all'), file: readSafetensors(path) }
    expect(() => readPublishedLora(odd, everywhere)).toThrow(
      'unexpected: `base_model.model.transformer.h.0.crossattention.c_attn.lora_A.weight`',
    )
    expect(() => readPublishedLora(odd, everywhere)).toThrow(
      'unexpected: `base_model.model.transformer.h.1.mlp.c_fc.lora_A.weight`',
    )
  })
})

describe('updates of q, k and v', () => {
  it('have the logits of weights to which the products were added', async () => {
    expect(distance(await logits(inParts, partTensors), golden['logits/parts']!)).toBeLessThanOrEqual(1e-5)
  })

  it('are written as one update of c_attn with the same logits', async () => {
    const settings = publishedSettings(inParts)
    expect(settings).toMatchObject({ r: 4, lora_alpha: 3 * Math.SQRT2, target_modules: ['attn.c_attn', 'mlp.c_proj'] })
    expect(settings).toMatchObject({ rank_pattern: { 'mlp.c_proj': 2 }, alpha_pattern: { 'mlp.c_proj': 3 } })

    const qv: LoraConfig = { ...inParts, targets: ['q', 'v'] }
    const attention = Object.fromEntries(Object.entries(partTensors).filter(([name]) => name.includes('c_attn')))
    const joined: LoraConfig = { rank: 4, alpha: 3 * Math.SQRT2, targets: ['c_attn'], rank_stabilised: true }
    const whole = again(attention, qv, joined)
    expect(whole['h.0.attn.c_attn.lora_B']!.shape).toEqual([24, 4])
    expect(distance(await logits(joined, whole), await logits(qv, attention))).toBeLessThanOrEqual(1e-6)
  })

  it('come back as they were', () => {
    const back = again(partTensors, inParts)
    expect(Object.keys(back).sort()).toEqual(Object.keys(partTensors).sort())
    for (const [name, array] of Object.entries(partTensors)) expect(back[name], name).toEqual(array)
  })

  it('cannot be had from an update that mixes them', () => {
    const parts: LoraConfig = { rank: 2, alpha: 3, targets: ['q', 'v'], rank_stabilised: true } // rank 4 in all, at another scale
    expect(() => read('stabilised', { ...parts, alpha: 6 / Math.SQRT2 })).toThrow(
      'attn.c_attn: its update mixes q, k and v; targets [c_attn] with rank 4 in the config are needed',
    )
  })
})
