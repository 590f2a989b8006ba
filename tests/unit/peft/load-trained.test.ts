import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { floats } from '../../../src/base/nd-array.ts'
import { readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { gpt2 } from '../../../src/models/gpt2.ts'
import { initialise } from '../../../src/nn/initialise.ts'
import { declared, shapesOnly } from '../../../src/nn/scope.ts'
import { applyPeft } from '../../../src/peft/apply.ts'
import { loadTrained } from '../../../src/peft/load-trained.ts'
import { countTrained } from '../../../src/peft/trainable.ts'

const folder = mkdtempSync(join(tmpdir(), 'captune-trained-'))
afterAll(() => rmSync(folder, { recursive: true }))

const shape = { layers: 1, heads: 2, width: 8, vocabulary: 11, positions: 9 }
const peft = { type: 'lora', rank: 2, alpha: 4, targets: ['c_attn'], rank_stabilised: false } as const
const specs = declared((scope) => applyPeft(gpt2(shapesOnly, shape), scope, peft))
const trained = initialise(specs, 1)

describe('trained tensors', () => {
  it('come back from a file that holds them alone, and the file has the declared count', () => {
    const path = join(folder, 'best.safetensors')
    writeSafetensors(path, trained)
    const arrays = readSafetensors(path).readAll()
    expect(loadTrained(path, arrays, specs)).toEqual(trained)
    expect(countTrained(Object.values(arrays))).toBe(countTrained(specs))
  })

  it('that are missing, unexpected or misshapen are named', () => {
    const { 'h.0.attn.c_attn.lora_A': a, 'h.0.attn.c_attn.lora_B': b } = trained
    const load = (arrays: typeof trained) => () => loadTrained('best.safetensors', arrays, specs)
    expect(load({ 'h.0.attn.c_attn.lora_A': a! })).toThrow(
      'best.safetensors: the trained tensor `h.0.attn.c_attn.lora_B` is missing',
    )
    expect(load({})).toThrow('2 trained tensors (`h.0.attn.c_attn.lora_A`, ...) are missing')
    expect(load({ ...trained, gate: b! })).toThrow('the tensor `gate` is unexpected')
    expect(load({ ...trained, 'h.0.attn.c_attn.lora_A': floats([4, 8]) })).toThrow(
      '`h.0.attn.c_attn.lora_A` has shape [4, 8], the model needs [2, 8]',
    )
  })
})
