import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors } from '../../src/checkpoint/safetensors.ts'
import { captuneHere } from './captune-here.ts'
import { config, temporaryPlace, tiny, tinyWorld } from './captune.ts'
import { reading, rowsOf, theRun } from './records.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
const command = (...args: string[]) => captuneHere(args, { runs, cwd: place })
let world: string
let id: string

beforeAll(async () => {
  world = tinyWorld(place)
  expect(await command('train', config('lora'), ...tiny(world, 'peft.rank=2'))).toMatchObject({ code: 0 })
  id = theRun(runs).id
})

describe('captune export', () => {
  it('writes a folder for peft, says what is where, and a training starts from it', async () => {
    const { code, stdout } = await command('export', id.slice(0, 12), '--to', 'out/lora')
    expect(code).toBe(0)
    expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      expect.stringMatching(/^file +tensors +parameters +what$/),
      expect.stringMatching(/^─/),
      expect.stringMatching(/^out\/lora\/adapter_config.json +the adapter's settings$/),
      expect.stringMatching(/^out\/lora\/adapter_model.safetensors +8 +4 096 +the LoRA, for PeftModel.from_pretrained$/),
      expect.stringMatching(
        /^out\/lora\/cross_attention.safetensors +32 +265 216 +the cross-attention, which peft's format cannot hold$/,
      ),
      '',
    ])
    expect(stdout.split('\n').every((line) => line.length <= 120)).toBe(true)

    const again = await command('train', config('lora'), ...tiny(world, 'peft.rank=2', 'train.start=out/lora'))
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('tensors to start from: 40/40 tensors')])
    const started = rowsOf(runs).find((row) => row.id !== id)!
    const [last] = reading(runs, (reader) => reader.logs(started.id, 1))
    expect(last!.text).toMatch(/^started from .*out\/lora: 40 of 40 tensors$/)
    const [first, second] = [id, started.id].map((run) => readSafetensors(join(runs, run, 'best.safetensors')).metadata)
    expect(second).toEqual({ ...first, config_hash: second!['config_hash'], score: second!['score'] })
  })

  it('is no run where what it starts from does not fit', async () => {
    const { code, stderr } = await command('train', config('lora'), ...tiny(world, 'peft.rank=4', 'train.start=out/lora'))
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /\n {2}attn\.c_attn: r 2, lora_alpha 16 in the adapter, r 4, lora_alpha 16 by peft\.rank 4, peft\.alpha 16\n$/,
    )
    expect(rowsOf(runs)).toHaveLength(2)
  })

  it('says what is wrong with a request, and writes nothing', async () => {
    expect(await command('export', id, '--to', 'out/x.onnx')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--to: the ending \.onnx of out\/x\.onnx names no format; .* is needed\.\n$/) as string,
    })
    expect(existsSync(join(place, 'out/x.onnx'))).toBe(false)
  })
})

describe('a run whose config was changed afterwards', () => {
  it('is not captioned with a method that its tensors were not trained in', async () => {
    const path = join(runs, id, 'config.yaml')
    const written = readFileSync(path, 'utf8')
    writeFileSync(path, written.replace('alpha: 16', 'alpha: 8'))
    const { code, stderr } = await command('caption', id, '--images', join(world, 'p3_data/images'))
    writeFileSync(path, written)
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /best\.safetensors: it was trained with another method; the config and the weights of its training are needed\.\n {2}method: peft\.alpha is 16 in the file, 8 here\n$/,
    )
  })
})
