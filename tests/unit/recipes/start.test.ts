// `train.start`: what a training takes over from files of ours, of PyTorch and of peft, and what it refuses.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { fromRoot } from '../../../src/base/files.ts'
import { readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import type { Started } from '../../../src/peft/load-trained.ts'
import { exportRun } from '../../../src/recipes/export.ts'
import { identityOf } from '../../../src/recipes/identity.ts'
import { originOf } from '../../../src/recipes/origin.ts'
import { readStart } from '../../../src/recipes/start.ts'
import { openTask } from '../../../src/recipes/task.ts'
import { readBest } from '../../../src/recipes/trained.ts'
import { configOf as shapesConfig, place, worldIn, type Method } from './small-world.ts'
import { trainedRun, type TrainedRun } from './trained-run.ts'

const folder = place()
const world = worldIn(folder, { train: 4, val: 3, perClass: 1 })
/** With a cross-attention small enough to compare value by value. */
const configOf = (method: Method, ...changes: string[]) => shapesConfig(method, 'cross_attention.width=8', ...changes)
let crossOnly: TrainedRun
let lora: TrainedRun

beforeAll(async () => {
  crossOnly = await trainedRun(join(folder, 'none'), configOf('none'))
  lora = await trainedRun(join(folder, 'lora'), configOf('lora'))
})

async function start(path: string, method: Method, ...changes: string[]): Promise<Started | undefined> {
  const task = openTask(configOf(method, `train.start=${path}`, ...changes))
  return readStart(task, await originOf(task))
}

/** The sentence of the refusal, with the test's folder left out. */
async function refusal(path: string, method: Method, ...changes: string[]): Promise<string> {
  const failure: unknown = await start(path, method, ...changes).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(UserError)
  return (failure as Error).message.replaceAll(`${folder}/`, '')
}

/** The same tensors in a file with another SHA-256. */
function withOtherBytes(from: string, to: string): void {
  const { metadata, readAll } = readSafetensors(from)
  writeSafetensors(to, readAll(), { ...metadata, note: 'other bytes' })
}

describe('a training', () => {
  it('starts from nothing unless it is told otherwise', async () => {
    const task = openTask(configOf('lora'))
    expect(readStart(task, await originOf(task))).toBeUndefined()
  })

  it('starts from all that a run of its kind has learned', async () => {
    expect(await start(lora.best, 'lora', 'train.lr=1e-4', 'train.epochs=9', 'seed=3')).toEqual({
      tensors: lora.tensors,
      fresh: [],
    })
  })

  it('starts from cross-attention alone, its own method as usual', async () => {
    const { tensors, fresh } = (await start(crossOnly.best, 'lora'))!
    expect(tensors).toEqual(crossOnly.tensors)
    expect(fresh).toEqual(Object.keys(lora.tensors).filter((name) => name.includes('lora_')))
  })

  it('starts from a file that PyTorch saved, which tells nothing but names and shapes', async () => {
    const config = configOf('lora', `train.start=${fromRoot('tests/fixtures/peft/trained.pt')}`)
    const task = openTask(config)
    const golden = readSafetensors(fromRoot('tests/fixtures/peft/golden.safetensors')).readAll()
    const parts = Object.entries(golden).filter(([name]) => name.startsWith('parts/'))
    const wanted = Object.fromEntries(parts.map(([name, array]) => [name.slice('parts/'.length), array]))
    const parameters = Object.entries(wanted).map(([name, { shape }]) => ({ name, shape, init: 'zeros' as const })) // those of a smaller decoder
    expect(readStart({ ...task, parameters }, await originOf(task))).toEqual({ tensors: wanted, fresh: [] })
  })

  it('may have more layers that look at the image, and another encoder of the same width', async () => {
    const some = await trainedRun(join(folder, 'some'), configOf('none', 'cross_attention.layers=[0,2]'))
    const clip = join(folder, 'clip.safetensors')
    withOtherBytes(fromRoot('weights/shapes/clip.safetensors'), clip)
    const { fresh } = (await start(some.best, 'none', `encoder.weights=${clip}`))!
    expect([...new Set(fresh.map((name) => name.split('.')[1]))]).toEqual(['1', '3'])
  })
})

describe('what does not fit is refused, all of it at once', () => {
  it('another scale, which no shape shows', async () => {
    expect(await refusal(lora.best, 'lora', 'peft.alpha=32'))
      .toBe(`lora/best.safetensors: it was trained with another method; tensors trained with this config's method on its weights are needed.
  method: peft.alpha is 16 in the file, 32 here`)
  })

  it('another decoder, though every tensor fits', async () => {
    const decoder = join(folder, 'decoder.safetensors')
    withOtherBytes(fromRoot('weights/shapes/decoder.safetensors'), decoder)
    const message = await refusal(lora.best, 'lora', `decoder.weights=${decoder}`)
    expect(message).toMatch(/^lora\/best.safetensors: it was trained with other base weights; /)
    expect(message).toMatch(/\n {2}base weights: decoder.weights had SHA-256 [0-9a-f]{8}…, here it has [0-9a-f]{8}…$/)
  })

  it('another method and other sizes', async () => {
    const message = await refusal(lora.best, 'adapter', 'cross_attention.width=12')
    expect(message.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(
        /^lora\/best.safetensors: it was trained with another config and another method, and \d+ tensors do not fit; /,
      ),
      '  method: peft.type is lora in the file, adapter here',
      '  config: cross_attention.width is 8 in the file, 12 here',
    ])
    expect(message).toContain('\n  unexpected: `h.0.attn.c_attn.lora_A` [8, 128]')
    expect(message).toMatch(/\n {2}and \d+ more$/)
  })

  it('the state that a training resumes from', async () => {
    const last = join(folder, 'last.safetensors')
    writeSafetensors(last, lora.tensors, { schema: '1', step: '3', epoch: '0', position: '3' })
    expect(await refusal(last, 'lora')).toBe(
      'last.safetensors: this is the state that a training resumes from; the `best.safetensors` beside it is needed.',
    )
  })

  it('an adapter for a config of another method, or of another rank', async () => {
    const adapter = join(folder, 'adapter')
    await exportRun(lora.folder, { to: adapter, dtype: 'float32', merged: false })
    expect(await refusal(adapter, 'prefix')).toBe(
      "adapter: this is a LoRA adapter, the config's peft.type is prefix; lora is needed there.",
    )
    expect(await refusal(adapter, 'lora', 'peft.rank=4')).toMatch(
      /\n {2}attn.c_attn: r 8, lora_alpha 16 in the adapter, r 4, lora_alpha 16 by peft.rank 4, peft.alpha 16$/,
    )
  })

  it('a folder that is no adapter, and one without weights', async () => {
    expect(await refusal(lora.folder, 'lora')).toBe(
      "lora: a folder without `adapter_config.json`; a LoRA adapter's folder, or a file such as a run's `best.safetensors`, is needed.",
    )
    const hollow = join(folder, 'hollow')
    mkdirSync(hollow)
    writeFileSync(join(hollow, 'adapter_config.json'), '{}')
    expect(await refusal(hollow, 'lora')).toContain('hollow: an adapter without weights; `adapter_model.safetensors` or')
    expect(await refusal(join(folder, 'nothing.pt'), 'lora')).toBe('nothing.pt: the file is missing.')
  })
})

describe("a run's own tensors", () => {
  it('are refused where a file that the config names is no longer that of the training', async () => {
    const decoder = join(folder, 'replaced.safetensors')
    cpSync(fromRoot('weights/shapes/decoder.safetensors'), decoder)
    const run = await trainedRun(join(folder, 'replaced'), configOf('lora', `decoder.weights=${decoder}`))
    await expect(readBest(run.folder, run.task)).resolves.toMatchObject({ tensors: run.tensors })
    withOtherBytes(decoder, decoder)
    await expect(readBest(run.folder, run.task)).rejects.toThrow(
      /best.safetensors: it was trained with other base weights; the config and the weights of its training are needed.\n {2}base weights: decoder.weights had SHA-256/,
    )
  })
})

describe("a run's identity", () => {
  const hashOf = async (...changes: string[]) => (await identityOf(configOf('lora', `data.root=${world}`, ...changes))).hash

  it('covers the content of what it starts from, not its place', async () => {
    const copy = join(folder, 'copy.safetensors')
    cpSync(lora.best, copy)
    const from = await hashOf(`train.start=${lora.best}`)
    expect(from).not.toBe(await hashOf())
    expect(await hashOf(`train.start=${copy}`)).toBe(from)
    expect(await hashOf(`train.start=${crossOnly.best}`)).not.toBe(from)
  })

  it('covers every file of an adapter', async () => {
    const adapter = join(folder, 'identified')
    await exportRun(lora.folder, { to: adapter, dtype: 'float32', merged: false })
    const hashes = [await hashOf(`train.start=${adapter}`)]
    for (const name of ['cross_attention.safetensors', 'adapter_model.safetensors', 'adapter_config.json']) {
      writeFileSync(join(adapter, name), 'changed')
      hashes.push(await hashOf(`train.start=${adapter}`))
    }
    expect(new Set(hashes).size).toBe(4)
  })
})
