// Where a captioner looks, against transformers' output_attentions on the same weights (make-golden.py) and against our own decoding.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../../src/base/files.ts'
import { floats, ints, sizeOf, type NamedArrays, type NdArray } from '../../../src/base/nd-array.ts'
import { readSafetensors } from '../../../src/checkpoint/safetensors.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import type { Tensor } from '../../../src/engine/ops.ts'
import { captionAttention, type Captioner } from '../../../src/models/captioner.ts'
import { decodingSpecs, nextLogits, takeSeats } from '../../../src/models/next-token.ts'
import { attentionWeights, splitHeads } from '../../../src/nn/attention.ts'
import { bind, shapesOnly, type Scope } from '../../../src/nn/scope.ts'
import { assemble, type CaptionerPlan } from '../../../src/recipes/captioner.ts'
import { openLooking } from '../../../src/recipes/looks.ts'
import { engineNames, openEngine } from '../../parity/engines.ts'

interface Golden {
  end: number
  /** Of each image the tokens that transformers' beam search chose and, for each, [layer][head][image token]. */
  beams: { ids: number[]; looked: number[][][][] }[]
}

const folder = join(packageRoot, 'tests/fixtures/attention')
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden
const arrays = readSafetensors(join(folder, 'golden.safetensors')).readAll()
const isExpected = (name: string) => /^(image|text)\.|^(features|ids)$/.test(name)
const weights: NamedArrays = Object.fromEntries(Object.entries(arrays).filter(([name]) => !isExpected(name)))
const features = arrays['features']!
const [images, tokens, width] = features.shape as [number, number, number]
const plan: CaptionerPlan = {
  decoder: { layers: 3, heads: 2, width, vocabulary: 41, positions: 12 },
  cross_attention: { layers: 'all', width, gate: false, encoderWidth: width },
  peft: { type: 'none' },
}
const captionerOf = (scope: Scope): Captioner => assemble(scope, scope, plan)

function worst(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length)
  return Array.from(found).reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0)
}

const spec = ({ dtype, shape }: NdArray) => ({ dtype, shape })
const named = (kind: string, all: readonly Tensor[]) => Object.fromEntries(all.map((each, i) => [`${kind}.${i}`, each]))

describe.each(engineNames)('on %s, where a text looks', async (engineName) => {
  const engine = await openEngine(engineName)

  it('is what transformers tells, in every layer and head, at the image and at the text', async () => {
    const inputs = { features, ids: arrays['ids']! }
    const program = await engine.compile(
      ({ frozen, inputs }) => {
        const { image, text } = captionAttention(captionerOf(bind(frozen)), inputs['features']!, inputs['ids']!)
        return { outputs: { ...named('image', image), ...named('text', text) } }
      },
      { label: 'attention', frozen: weights, inputs: { features: spec(inputs.features), ids: spec(inputs.ids) } },
    )
    const found = await program.run(inputs)
    await program.dispose()
    expect(Object.keys(found)).toHaveLength(6)
    for (const [name, { shape, data }] of Object.entries(found)) {
      expect(shape).toEqual(arrays[name]!.shape)
      expect(worst(data, arrays[name]!.data)).toBeLessThan(1e-5)
    }
  })
})

describe('where a caption looked', async () => {
  const engine = await openEngine('onnx')
  const looking = await openLooking(engine, weights, { plan, start: golden.end, maxLength: 9, images, tokens })
  const size = sizeOf(features.shape.slice(1))
  const looksAt = (numbers: readonly number[], chosen: readonly (readonly number[])[]) =>
    looking.looks(Float32Array.from(numbers.flatMap((i) => [...features.data.subarray(i * size, (i + 1) * size)])), chosen)

  it('is where the winning beam looked when transformers chose each of its tokens', async () => {
    const found = await looksAt([0, 1, 2, 3], golden.beams.map(({ ids }) => ids)) // prettier-ignore
    golden.beams.forEach(({ ids, looked }, image) => {
      const { attention, rollout } = found[image]!
      expect(attention.shape).toEqual([3, 2, ids.length, tokens])
      const wanted = [0, 1, 2].flatMap((layer) => [0, 1].flatMap((head) => looked.flatMap((step) => step[layer]![head]!)))
      expect(worst(attention.data, wanted)).toBeLessThan(1e-5)
      expect(rollout.shape).toEqual([ids.length, tokens])
    })
  })

  it('depends neither on what is looked at beside it nor on what would come behind it', async () => {
    const { ids } = golden.beams[2]!
    const [whole] = await looksAt([2], [ids])
    const [, beside] = await looksAt([0, 2], [[1], ids.slice(0, 4)])
    const firstRows = (values: Float32Array, rows: number) =>
      [...values].filter((_, i) => Math.floor(i / tokens) % (values.length / tokens / 6) < rows)
    expect(worst(beside!.attention.data, firstRows(whole!.attention.data, 4))).toBeLessThan(1e-6)
    expect(worst(beside!.rollout.data, whole!.rollout.data.subarray(0, 4 * tokens))).toBeLessThan(1e-6)
  })

  it('is where our decoding looked, token by token', async () => {
    const { ids } = golden.beams[1]!
    const { attention } = (await looksAt([1], [ids]))[0]!
    const steps = await lookedWhileDecoding(engine, features.data.slice(size, 2 * size) as Float32Array, [golden.end, ...ids])
    const wanted = [0, 1, 2].flatMap((layer) => [0, 1].flatMap((head) => steps.flatMap((step) => step[layer]![head]!)))
    expect(worst(attention.data, wanted)).toBeLessThan(1e-5)
  })
})

/** [step][layer][head][image token] out of the program that decodes: its queries are overheard, its keys are those that it remembers. */
async function lookedWhileDecoding(engine: Engine, image: Float32Array, read: readonly number[]): Promise<number[][][][]> {
  const decodingSize = { seats: 1, beams: 1, tokens, maxLength: 9 }
  const specs = decodingSpecs(captionerOf(shapesOnly), decodingSize)
  const memory = engine.hold(Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, floats(shape)])))
  const look = await engine.compile(
    ({ frozen, state, inputs: { features, seats } }) => ({
      state: takeSeats(captionerOf(bind(frozen)), features!, seats!, decodingSize, state),
      outputs: {},
    }),
    {
      label: 'look',
      frozen: weights,
      state: [memory],
      inputs: { features: { dtype: 'float32', shape: [1, tokens, width] }, seats: { dtype: 'int32', shape: [1] } },
    },
  )
  await look.run({ features: floats([1, tokens, width], image), seats: ints([1]) })
  const one = { dtype: 'int32', shape: [1] } as const
  const next = await engine.compile(
    ({ frozen, state, inputs: { ids, positions, slots, seen } }) => {
      const { captioner, queries } = overheard(captionerOf(bind(frozen)))
      const made = nextLogits(captioner, { ids: ids!, positions: positions!, slots: slots!, seen: seen! }, decodingSize, state)
      const looked = queries.map((each, i) => attentionWeights(splitHeads(each, 2), state[`h.${i}.image.keys`]!))
      return { state: made.state, outputs: named('looked', looked) }
    },
    {
      label: 'next',
      frozen: weights,
      state: [memory],
      inputs: { ids: one, positions: one, slots: one, seen: { dtype: 'int32', shape: [1, 9] } },
    },
  )
  const steps: number[][][][] = []
  for (let t = 0; t + 1 < read.length; t++) {
    const seen = ints(
      [1, 9],
      Int32Array.from({ length: 9 }, (_, slot) => (slot < t ? 1 : 0)),
    )
    const here = ints([1], Int32Array.of(t))
    const made = await next.run({ ids: ints([1], Int32Array.of(read[t]!)), positions: here, slots: here, seen })
    steps.push([0, 1, 2].map((i) => [0, 1].map((head) => [...made[`looked.${i}`]!.data.subarray(head * tokens, (head + 1) * tokens)]))) // prettier-ignore
  }
  await look.dispose()
  await next.dispose()
  memory.dispose()
  return steps
}

function overheard({ decoder, ...rest }: Captioner): { captioner: Captioner; queries: Tensor[] } {
  const queries: Tensor[] = []
  const h = decoder.h.map(({ crossattention, ...block }) => {
    const { q_attn, ...cross } = crossattention!
    const apply = (x: Tensor) => {
      const q = q_attn.apply(x)
      queries.push(q)
      return q
    }
    return { ...block, crossattention: { ...cross, q_attn: { ...q_attn, apply } } }
  })
  return { captioner: { ...rest, decoder: { ...decoder, h } }, queries }
}
