import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { floats } from '../../../src/base/nd-array.ts'
import type { NamedArrays } from '../../../src/base/nd-array.ts'
import { readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { gpt2 } from '../../../src/models/gpt2.ts'
import { initialise } from '../../../src/nn/initialise.ts'
import { declared, shapesOnly } from '../../../src/nn/scope.ts'
import { applyPeft } from '../../../src/peft/apply.ts'
import { loadTrained, startTrained } from '../../../src/peft/load-trained.ts'
import type { Origin } from '../../../src/peft/load-trained.ts'
import { countTrained } from '../../../src/peft/trainable.ts'

const folder = mkdtempSync(join(tmpdir(), 'captune-trained-'))
afterAll(() => rmSync(folder, { recursive: true }))

const shape = { layers: 2, heads: 2, width: 8, vocabulary: 11, positions: 9 }
const specsOf = (targets: readonly string[], rank = 2) =>
  declared((scope) =>
    applyPeft(gpt2(shapesOnly, shape), scope, { type: 'lora', rank, alpha: 4, targets, rank_stabilised: false }),
  )
const specs = specsOf(['c_attn'])
const trained = initialise(specs, 1)
const origin: Origin = {
  'peft.type': 'lora',
  'peft.rank': '2',
  'cross_attention.width': '8',
  'sha256:encoder.weights': 'e'.repeat(64),
  'sha256:decoder.weights': '1234abcd'.repeat(8),
}

function file(arrays: NamedArrays, metadata: Record<string, string> = {}) {
  const path = join(folder, 'best.safetensors')
  writeSafetensors(path, arrays, metadata)
  return readSafetensors(path)
}

/** The sentence about a file, which is called by its name alone. */
function told(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error.message.replaceAll(`${folder}/`, '')
    throw error
  }
  return ''
}

describe('trained tensors', () => {
  it('come back from a file that holds them alone, and the file has the declared count', () => {
    const saved = file(trained, { ...origin, step: '3' })
    expect(loadTrained(saved, { specs, origin })).toEqual(trained)
    expect(countTrained(Object.values(saved.readAll()))).toBe(countTrained(specs))
  })

  it('of earlier versions say nothing of their origin and are taken', () => {
    expect(loadTrained(file(trained, { method: 'lora' }), { specs, origin })).toEqual(trained)
  })

  it('that do not fit are all named, with what differs from the training', () => {
    const { 'h.0.attn.c_attn.lora_B': b, ...others } = trained
    const arrays = { ...others, gate: b!, 'h.1.attn.c_attn.lora_A': floats([4, 8]) }
    const there = { ...origin, 'peft.rank': '4', 'cross_attention.width': '16', 'sha256:decoder.weights': '99ff0011'.repeat(8) }
    expect(told(() => loadTrained(file(arrays, there), { specs, origin })))
      .toBe(`best.safetensors: it was trained with another config and another method and other base weights, and 3 tensors do not fit; the config and the weights of its training are needed.
  method: peft.rank is 4 in the file, 2 here
  config: cross_attention.width is 16 in the file, 8 here
  base weights: decoder.weights had SHA-256 99ff0011…, here it has 1234abcd…
  missing: \`h.0.attn.c_attn.lora_B\` [24, 2]
  unexpected: \`gate\` [24, 2]
  misshapen: \`h.1.attn.c_attn.lora_A\` [4, 8], [2, 8] is needed`)
  })

  it('on other weights are refused though every tensor fits', () => {
    const there = { ...origin, 'sha256:encoder.weights': 'f'.repeat(64) }
    expect(told(() => loadTrained(file(trained, there), { specs, origin })))
      .toBe(`best.safetensors: it was trained with other base weights; the config and the weights of its training are needed.
  base weights: encoder.weights had SHA-256 ffffffff…, here it has eeeeeeee…`)
  })

  it('are told in twenty lines at most', () => {
    const lines = told(() => loadTrained(file({}), { specs: specsOf(['c_attn', 'c_proj', 'c_fc']), origin: {} })).split('\n')
    expect(lines[0]).toBe('best.safetensors: 16 tensors do not fit; the config and the weights of its training are needed.')
    const more = told(() => loadTrained(file({}), { specs: specsOf(['q', 'k', 'v', 'c_proj', 'c_fc']), origin: {} })).split('\n')
    expect(more).toHaveLength(22)
    expect(more.at(-1)).toBe('  and 4 more')
  })
})

describe('tensors to start from', () => {
  it('may be some of those that are wanted; the others are named', () => {
    const { 'h.0.attn.c_attn.lora_B': b, ...some } = trained
    expect(startTrained(file(some), { specs, origin })).toEqual({ tensors: some, fresh: ['h.0.attn.c_attn.lora_B'] })
    expect(b!.shape).toEqual([24, 2])
  })

  it('must all fit', () => {
    const message = told(() =>
      startTrained(file(trained, { 'peft.rank': '2' }), { specs: specsOf(['q'], 3), origin: { 'peft.rank': '3' } }),
    )
    expect(message.split('\n').slice(0, 3)).toEqual([
      "best.safetensors: it was trained with another method, and 4 tensors do not fit; tensors trained with this config's method on its weights are needed.",
      '  method: peft.rank is 2 in the file, 3 here',
      '  unexpected: `h.0.attn.c_attn.lora_A` [2, 8]',
    ])
  })
})
