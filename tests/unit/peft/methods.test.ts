// What must hold of every method, on a small decoder run by the engine: nothing changes at step 0, and only what should learns.
import { describe, expect, it } from 'vitest'
import { ints, sizeOf } from '../../../src/base/nd-array.ts'
import type { FloatArray, NamedArrays, NdArray } from '../../../src/base/nd-array.ts'
import * as ops from '../../../src/engine/ops.ts'
import { gpt2, gpt2Logits } from '../../../src/models/gpt2.ts'
import { initialise } from '../../../src/nn/initialise.ts'
import { bind, declared, shapesOnly } from '../../../src/nn/scope.ts'
import { applyPeft, servedMethod, servedTensors } from '../../../src/peft/apply.ts'
import type { PeftOptions } from '../../../src/peft/apply.ts'
import { mergeLora, unmergeLora } from '../../../src/peft/lora-merge.ts'
import { below, distance, openEngine, runOnce, withGradients } from '../../parity/engines.ts'

const shape = { layers: 2, heads: 2, width: 8, vocabulary: 11, positions: 9 }
const engine = await openEngine('onnx')
const frozen = scaled(
  initialise(
    declared((scope) => gpt2(scope, shape)),
    3,
  ),
  10,
)
const ids = ints([2, 5], Int32Array.from([10, 1, 2, 3, 4, 10, 9, 9, 2, 0]))
const lora = { rank: 2, alpha: 3, rank_stabilised: false } as const

const methods: Readonly<Record<string, PeftOptions>> = {
  'LoRA on all': { type: 'lora', ...lora, targets: ['c_attn', 'c_proj', 'c_fc'] },
  'LoRA on q and v': { type: 'lora', ...lora, targets: ['q', 'v'], rank_stabilised: true },
  'Houlsby adapters': { type: 'adapter', bottleneck: 3, placement: 'houlsby', activation: 'relu' },
  'Pfeiffer adapters': { type: 'adapter', bottleneck: 3, placement: 'pfeiffer', activation: 'gelu' },
}

const parametersOf = (peft: PeftOptions) => declared((scope) => applyPeft(gpt2(shapesOnly, shape), scope, peft))

/** Weights large enough to matter: what is drawn small is made larger; ones and zeros stay. */
function scaled(arrays: NamedArrays, factor: number): NamedArrays {
  return mapped(arrays, (value) => (value === 1 ? 1 : value * factor))
}

function mapped(arrays: NamedArrays, change: (value: number, i: number) => number): NamedArrays {
  const entries = Object.entries(arrays) as [string, FloatArray][]
  return Object.fromEntries(entries.map(([name, array]) => [name, { ...array, data: array.data.map(change) }]))
}

/** Values as after some training: nothing is zero. */
function trainedValues(peft: PeftOptions): NamedArrays {
  return mapped(initialise(parametersOf(peft), 5), (value, i) => value + 0.3 * Math.sin(i + 1))
}

async function logits(weights: NamedArrays, peft: PeftOptions, trained: NamedArrays): Promise<NdArray> {
  const { logits } = await runOnce(engine, { frozen: weights, trained, inputs: { ids } }, (given) => {
    const decoder = applyPeft(gpt2(bind(given.frozen), shape), bind(given.state), peft)
    return { outputs: { logits: gpt2Logits(decoder, given.inputs['ids']!) } }
  })
  return logits!
}

async function gradients(peft: PeftOptions, trained: NamedArrays): Promise<NamedArrays> {
  const step = withGradients((given) => {
    const decoder = applyPeft(gpt2(bind(given.frozen), shape), bind(given.state), peft)
    return { loss: ops.sum(ops.square(gpt2Logits(decoder, given.inputs['ids']!))) }
  })
  return below(await runOnce(engine, { frozen, trained, inputs: { ids } }, step), 'grad/')
}

describe.each(Object.entries(methods))('%s', (_name, peft) => {
  it('changes no bit at step 0', async () => {
    const plain = await logits(frozen, { type: 'none' }, {})
    expect(distance(await logits(frozen, peft, initialise(parametersOf(peft), 1)), plain)).toBe(0)
    expect(distance(await logits(frozen, peft, trainedValues(peft)), plain)).toBeGreaterThan(1e-3)
  })

  it('at step 0 only what starts at zero has a gradient, later everything', async () => {
    const specs = parametersOf(peft)
    const first = await gradients(peft, initialise(specs, 1))
    const later = await gradients(peft, trainedValues(peft))
    expect(Object.keys(first)).toEqual(specs.map(({ name }) => name))
    for (const { name } of specs) {
      expect(
        first[name]!.data.some((value) => value !== 0),
        name,
      ).toBe(/lora_B$|\.up\./.test(name))
      expect(
        later[name]!.data.some((value) => value !== 0),
        name,
      ).toBe(true)
    }
  })
})

describe('merged LoRA', () => {
  it.each(['LoRA on all', 'LoRA on q and v'])(
    '%s: the plain decoder gives the same logits, and unmerging gives its weights back',
    async (name) => {
      const peft = methods[name] as PeftOptions & { type: 'lora' }
      const trained = trainedValues(peft)
      const merged = mergeLora(frozen, trained, peft)
      expect(distance(await logits(merged, { type: 'none' }, {}), await logits(frozen, peft, trained))).toBeLessThanOrEqual(1e-5)
      const back = unmergeLora(merged, trained, peft)
      for (const [key, array] of Object.entries(frozen)) expect(distance(back[key], array), key).toBeLessThanOrEqual(1e-6)
    },
  )

  it('leaves the given weights as they are', () => {
    const before = frozen['h.0.attn.c_attn.weight']!.data.slice()
    const peft = methods['LoRA on all'] as PeftOptions & { type: 'lora' }
    mergeLora(frozen, trainedValues(peft), peft)
    expect(frozen['h.0.attn.c_attn.weight']!.data).toEqual(before)
  })
})

describe('a prefix', () => {
  const reparametrised: PeftOptions = { type: 'prefix', length: 3, reparametrise: 4 }

  it('is kept as keys and values alone, which say the same as the network that made them', async () => {
    const trained = trainedValues(reparametrised)
    const method = servedMethod(reparametrised)
    const kept = servedTensors(reparametrised, trained)
    expect(Object.keys(kept).sort()).toEqual(
      parametersOf(method)
        .map(({ name }) => name)
        .sort(),
    )
    expect(distance(await logits(frozen, method, kept), await logits(frozen, reparametrised, trained))).toBeLessThanOrEqual(1e-5)
  })

  it('gives gradients to every slot, and to its network', async () => {
    for (const peft of [reparametrised, { ...reparametrised, reparametrise: 0 }]) {
      const found = await gradients(peft, trainedValues(peft))
      expect(Object.keys(found)).toEqual(parametersOf(peft).map(({ name }) => name))
      for (const [name, { data }] of Object.entries(found))
        expect(
          data.some((value) => value !== 0),
          name,
        ).toBe(true)
    }
  })

  it('does not blind text to text: a later position still depends on an earlier token', async () => {
    const peft: PeftOptions = { type: 'prefix', length: 20, reparametrise: 0 }
    const [row1, row2] = halves(await logits(frozen, peft, trainedValues(peft)))
    const at = (row: Float32Array, position: number) => row.slice(position * shape.vocabulary, (position + 1) * shape.vocabulary)
    expect(at(row1, 0)).toEqual(at(row2, 0)) // both begin with token 10
    expect(at(row1, 3)).not.toEqual(at(row2, 3)) // other tokens came before
    const lastTokenChanged = await logitsOf(peft, Int32Array.from([10, 1, 2, 3, 9, 10, 1, 7, 3, 9]))
    expect(at(lastTokenChanged[0], 3)).toEqual(at(row1, 3)) // what comes after has no influence
    expect(at(lastTokenChanged[0], 4)).not.toEqual(at(lastTokenChanged[1], 4)) // same token, another past
  })

  async function logitsOf(peft: PeftOptions, tokens: Int32Array): Promise<[Float32Array, Float32Array]> {
    const { logits } = await runOnce(
      engine,
      { frozen, trained: trainedValues(peft), inputs: { ids: ints([2, 5], tokens) } },
      (given) => {
        const decoder = applyPeft(gpt2(bind(given.frozen), shape), bind(given.state), peft)
        return { outputs: { logits: gpt2Logits(decoder, given.inputs['ids']!) } }
      },
    )
    return halves(logits!)
  }

  function halves({ data, shape: sides }: NdArray): [Float32Array, Float32Array] {
    const half = sizeOf(sides) / 2
    return [data.slice(0, half) as Float32Array, data.slice(half) as Float32Array]
  }
})

describe('targets of LoRA', () => {
  const build = (targets: string[]) => parametersOf({ type: 'lora', ...lora, targets }).map(({ name }) => name)

  it('name linear maps of every layer, c_proj both of them', () => {
    expect(build(['c_proj']).filter((name) => name.startsWith('h.1.'))).toEqual([
      'h.1.attn.c_proj.lora_A',
      'h.1.attn.c_proj.lora_B',
      'h.1.mlp.c_proj.lora_A',
      'h.1.mlp.c_proj.lora_B',
    ])
    expect(build(['q', 'v']).slice(0, 3)).toEqual([
      'h.0.attn.c_attn.q.lora_A',
      'h.0.attn.c_attn.q.lora_B',
      'h.0.attn.c_attn.v.lora_A',
    ])
  })

  it.each([
    [['c_atn'], 'unknown target `c_atn`; choose among c_attn, c_proj'],
    [[], 'the list is empty'],
    [['c_attn', 'q'], 'found c_attn together with q, which it contains'],
  ])('%j is refused', (targets, message) => {
    expect(() => build(targets)).toThrow(message)
  })
})
