// What a run is exported to, read again by us, and where CAPTUNE_PYTHON names a Python that has them, by torch, peft and transformers.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromRoot, readJson, sha256OfFile } from '../../../src/base/files.ts'
import { floats, ints } from '../../../src/base/nd-array.ts'
import type { NamedArrays, NdArray } from '../../../src/base/nd-array.ts'
import { openCheckpoint } from '../../../src/checkpoint/open.ts'
import { gpt2, gpt2Logits } from '../../../src/models/gpt2.ts'
import { readPretrainedDecoder } from '../../../src/models/pretrained.ts'
import { bind } from '../../../src/nn/scope.ts'
import { applyPeft } from '../../../src/peft/apply.ts'
import type { PeftOptions } from '../../../src/peft/apply.ts'
import { exportRun } from '../../../src/recipes/export.ts'
import { originOf } from '../../../src/recipes/origin.ts'
import { readStart } from '../../../src/recipes/start.ts'
import { openTask } from '../../../src/recipes/task.ts'
import { distance, openEngine, runOnce } from '../../parity/engines.ts'
import { configOf as shapesConfig, place, type Method } from './small-world.ts'
import { trainedRun, type TrainedRun } from './trained-run.ts'

const folder = place()
const at = (name: string) => join(folder, 'out', name)
const engine = await openEngine('onnx')
const ids = ints([2, 6], Int32Array.from([0, 5, 9, 21, 33, 2, 0, 7, 7, 40, 3, 1]))
const usual = { format: undefined, dtype: 'float32', merged: false } as const

/** With a cross-attention small enough to compare value by value. */
const configOf = (method: Method, ...changes: string[]) => shapesConfig(method, 'cross_attention.width=8', ...changes)
let whole: TrainedRun
let parts: TrainedRun

beforeAll(async () => {
  whole = await trainedRun(join(folder, 'whole'), configOf('lora', 'peft.rank=3', 'peft.targets=[c_attn,c_proj,c_fc]'))
  const inParts = ['peft.rank=2', 'peft.targets=[q,v,mlp.c_proj]', 'peft.rank_stabilised=true']
  parts = await trainedRun(join(folder, 'parts'), configOf('lora', ...inParts))
})

/** Logits of the decoder under a method, without cross-attention. */
async function logits(weights: NamedArrays, trained: NamedArrays, peft: PeftOptions): Promise<NdArray> {
  const { shape } = whole.task.decoder
  const outputs = await runOnce(engine, { frozen: weights, trained, inputs: { ids } }, (given) => {
    const decoder = applyPeft(gpt2(bind(given.frozen), shape), bind(given.state), peft)
    return { outputs: { logits: gpt2Logits(decoder, given.inputs['ids']!) } }
  })
  return outputs['logits']!
}

const factorsOf = ({ tensors }: TrainedRun) =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => name.includes('.lora_')))
const expected = (run: TrainedRun) => logits(run.task.decoder.weights, factorsOf(run), run.task.plan.peft)

describe('an exported run', () => {
  it.each(['trained.safetensors', 'trained.pt'])('is one file with everything that says what it is: %s', async (name) => {
    const [file, ...others] = await exportRun(whole.folder, { ...usual, to: at(name) })
    expect(others).toEqual([])
    expect(file).toMatchObject({ path: at(name), tensors: Object.keys(whole.tensors).length, what: 'all that was trained' })
    const { metadata, readAll } = openCheckpoint(at(name))
    expect(readAll()).toEqual(whole.tensors)
    expect(metadata).toEqual(openCheckpoint(whole.best).metadata)
    expect(metadata).toMatchObject({
      'peft.rank': '3',
      'peft.targets': 'c_attn, c_fc, c_proj',
      'cross_attention.layers': 'all',
      step: '24',
    })
    expect(metadata['sha256:decoder.weights']).toBe(await sha256OfFile(fromRoot('weights/shapes/decoder.safetensors')))
  })

  it('may be stored in half', async () => {
    await exportRun(whole.folder, { ...usual, to: at('half.safetensors'), dtype: 'float16' })
    const file = openCheckpoint(at('half.safetensors'))
    expect(file.spec(file.names[0]!).stored).toBe('F16')
    for (const [name, array] of Object.entries(whole.tensors)) expect(distance(file.read(name), array), name).toBeLessThan(1e-3)
  })

  it('is an adapter folder with the cross-attention beside it, from which training starts as from the run', async () => {
    for (const run of [whole, parts]) {
      const to = at(run === whole ? 'adapter' : 'adapter-of-parts')
      const files = await exportRun(run.folder, { ...usual, to })
      expect(files.map(({ path }) => path)).toEqual(
        ['adapter_config.json', 'adapter_model.safetensors', 'cross_attention.safetensors'].map((name) => join(to, name)),
      )
      expect(readdirSync(to)).toHaveLength(3)
      const task = openTask({ ...run.task.config, train: { ...run.task.config.train, start: to } })
      expect(readStart(task, await originOf(task))).toEqual({ tensors: run.tensors, fresh: [] })
    }
  })

  it('is a decoder with the LoRA folded in, and cross-attention that fits it', async () => {
    for (const [name, beside] of [
      ['gpt2', 'gpt2/cross_attention.safetensors'],
      ['decoder.bin', 'decoder.cross_attention.bin'],
      ['merged.safetensors', 'merged.cross_attention.safetensors'],
    ] as const) {
      await exportRun(parts.folder, { ...usual, to: at(name), merged: true })
      const decoder = name === 'gpt2' ? at('gpt2/model.safetensors') : at(name)
      const { weights } = readPretrainedDecoder(decoder)
      expect(distance(await logits(weights, {}, { type: 'none' }), await expected(parts))).toBeLessThanOrEqual(1e-5)
      const task = openTask(configOf('none', `decoder.weights=${decoder}`, `train.start=${at(beside)}`))
      const start = readStart(task, await originOf(task))!
      expect(start.fresh).toEqual([])
      expect(Object.keys({ ...start.tensors, ...factorsOf(parts) }).sort()).toEqual(Object.keys(parts.tensors).sort())
    }
    expect(readJson(at('gpt2/config.json'))).toMatchObject({ model_type: 'gpt2', n_layer: 4, activation_function: 'gelu_new' })
  })

  it('takes what has no folder of its own as a file alone', async () => {
    const adapter = await trainedRun(join(folder, 'adapter'), configOf('adapter'))
    await expect(exportRun(adapter.folder, { ...usual, to: at('a') })).rejects.toThrow(
      "--to: a folder holds a LoRA adapter, this run's peft.type is adapter; a .safetensors or .pt file is needed.",
    )
    await expect(exportRun(adapter.folder, { ...usual, to: at('a'), merged: true })).rejects.toThrow(
      "--merged: only LoRA can be folded into weights, this run's peft.type is adapter; leave it out.",
    )
    expect(existsSync(at('a'))).toBe(false)
    await exportRun(adapter.folder, { ...usual, to: at('a.v2'), format: 'pt' })
    expect(openCheckpoint(at('a.v2'))).toMatchObject({ format: 'torch zip' })
  })

  it.each<[string, object, string]>([
    [
      'an ending that says nothing',
      { to: 'x.onnx' },
      '--to: the ending .onnx of x.onnx names no format; .safetensors, .pt, .bin',
    ],
    ['half for a PyTorch file', { to: 'x.pt', dtype: 'float16' }, '--dtype: float16 is for safetensors files'],
  ])('refuses %s', async (_what, request, message) => {
    await expect(exportRun(whole.folder, { ...usual, to: '', ...request })).rejects.toThrow(message)
  })

  it("never overwrites the run's own checkpoint, and needs one", async () => {
    await expect(exportRun(whole.folder, { ...usual, to: whole.best })).rejects.toThrow("is the run's own checkpoint")
    const { folder: empty, best } = await trainedRun(join(folder, 'empty'), configOf('none'))
    spawnSync('rm', [best])
    await expect(exportRun(empty, { ...usual, to: at('none.pt') })).rejects.toThrow(
      'missing, for no epoch of this run was scored',
    )
  })
})

const python = process.env['CAPTUNE_PYTHON'] ?? ''
const hasPeft = python !== '' && spawnSync(python, ['-c', 'import peft'], { timeout: 60_000 }).status === 0

it.skipIf(!hasPeft)(
  `torch, peft and transformers read what we export${hasPeft ? '' : ' (skipped: CAPTUNE_PYTHON names no Python with peft)'}`,
  async () => {
    const given = {
      decoder: fromRoot('weights/shapes/decoder.safetensors'),
      heads: whole.task.decoder.shape.heads,
      ids: [0, 1].map((row) => [...ids.data.slice(6 * row, 6 * row + 6)]),
      adapters: [at('adapter'), at('adapter-of-parts')],
      models: [at('gpt2')],
      tensors: [at('trained.pt')],
    }
    const script = fromRoot('tests/fixtures/peft/peft-logits.py')
    const { stdout, stderr } = spawnSync(python, [script, JSON.stringify(given)], { encoding: 'utf8' })
    expect(stdout, stderr).toMatch(/^\{/)
    const found = JSON.parse(stdout) as {
      adapters: number[][]
      models: number[][]
      tensors: Record<string, [number[], number]>[]
    }
    const runs = [whole, parts, parts]
    for (const [i, values] of [...found.adapters, ...found.models].entries()) {
      const ours = await expected(runs[i]!)
      expect(distance(floats(ours.shape, Float32Array.from(values)), ours)).toBeLessThanOrEqual(1e-5)
    }
    expect(Object.keys(found.tensors[0]!)).toEqual(Object.keys(whole.tensors))
    for (const [name, [shape, sum]] of Object.entries(found.tensors[0]!)) {
      const { shape: wanted, data } = whole.tensors[name]!
      expect(shape).toEqual(wanted)
      expect(sum).toBeCloseTo(
        [...data].reduce((total, value) => total + value, 0),
        6,
      )
    }
  },
  120_000,
)
