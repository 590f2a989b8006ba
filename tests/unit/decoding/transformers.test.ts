// Our decoding of a small captioner against transformers' generate() on the same weights: make-golden.py.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../../src/base/files.ts'
import { sizeOf } from '../../../src/base/nd-array.ts'
import { readSafetensors } from '../../../src/checkpoint/safetensors.ts'
import type { DecodeConfig } from '../../../src/config/run-config.ts'
import { inOrder } from '../../../src/decoding/captions.ts'
import { chances } from '../../../src/decoding/sampling.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { openDecoding } from '../../../src/recipes/decoding.ts'
import { strategyOf } from '../../../src/recipes/strategy.ts'
import { engineNames, openEngine } from '../../parity/engines.ts'

interface Golden {
  end: number
  cases: { decode: Omit<DecodeConfig, 'batch'>; captions: number[][] }[]
  logits: number[][]
  sampling: { temperature: number; top_k: number; top_p: number; chances: number[][] }[]
}

const folder = join(packageRoot, 'tests/fixtures/decoding')
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden
const { features, ...weights } = readSafetensors(join(folder, 'captioner.safetensors')).readAll()
const isTrained = (name: string) => name.includes('cross')
const only = (wanted: (name: string) => boolean) => Object.fromEntries(Object.entries(weights).filter(([name]) => wanted(name)))
const names = Array.from({ length: features!.shape[0]! }, (_, i) => `image ${i}`)

async function captions(engine: Engine, decode: DecodeConfig, order = [...names.keys()]): Promise<(readonly number[])[]> {
  const [vocabulary, width] = weights['wte.weight']!.shape as [number, number]
  const ends = { start: golden.end, end: golden.end, maxLength: decode.max_length }
  const trained = engine.hold(only(isTrained))
  const decoding = await openDecoding(
    engine,
    only((name) => !isTrained(name)),
    trained,
    {
      plan: {
        decoder: { layers: 2, heads: 2, width, vocabulary, positions: 20 },
        cross_attention: { layers: 'all', width, gate: false, encoderWidth: width },
        peft: { type: 'none' },
      },
      strategy: strategyOf(decode, ends, vocabulary),
      ends,
      images: decode.batch,
      tokens: features!.shape[1]!,
      forbidden: [],
    },
  )
  const size = sizeOf(features!.shape.slice(1))
  const rows = (images: readonly number[]) =>
    Float32Array.from(images.flatMap((image) => [...features!.data.subarray(order[image]! * size, (order[image]! + 1) * size)]))
  const found = await inOrder(decoding.captions(order.map((image) => names[image]!), rows)) // prettier-ignore
  await decoding.dispose()
  trained.dispose()
  return found
}

const withBatch = (decode: Omit<DecodeConfig, 'batch'>, batch: number) => ({ ...decode, batch }) as DecodeConfig
const text = (decode: object) => Object.entries(decode).map(([key, value]) => `${key} ${String(value)}`).join(', ') // prettier-ignore

describe.each(engineNames)('on %s, the captions of transformers', async (engineName) => {
  const engine = await openEngine(engineName)
  const few = engineName === 'onnx' ? golden.cases : golden.cases.filter((_, i) => i % 12 === 0)

  it.each(few.map((each) => [text(each.decode), each] as const))('%s', async (_, { decode, captions: wanted }) => {
    expect(await captions(engine, withBatch(decode, 3))).toEqual(wanted)
  })
})

describe('a caption', async () => {
  const engine = await openEngine('onnx')
  const sample = { strategy: 'sample', max_length: 12, temperature: 1, top_k: 20, top_p: 0.95, seed: 7 } as const
  const beam = golden.cases.findLast(({ decode }) => decode.strategy === 'beam')!.decode

  it.each([
    ['sampled', sample],
    ['of a beam', beam],
  ])('%s does not depend on what is decoded beside it, before it or after it', async (_, decode) => {
    const wanted = await captions(engine, withBatch(decode, 7))
    for (const batch of [1, 2, 5, 16]) expect(await captions(engine, withBatch(decode, batch))).toEqual(wanted)
    const order = [6, 2, 0, 5]
    expect(await captions(engine, withBatch(decode, 2), order)).toEqual(order.map((image) => wanted[image]))
  })

  it('is drawn anew with another seed, and again with the same', async () => {
    const first = await captions(engine, withBatch(sample, 4))
    expect(await captions(engine, withBatch(sample, 4))).toEqual(first)
    expect(await captions(engine, withBatch({ ...sample, seed: 8 } as never, 4))).not.toEqual(first)
  })

  it('is the greedy one where sampling has one token to draw from', async () => {
    const [greedy] = golden.cases.filter(({ decode }) => decode.strategy === 'greedy' && decode.max_length === 12)
    expect(await captions(engine, withBatch({ ...sample, top_k: 1 } as never, 4))).toEqual(greedy!.captions)
    expect(await captions(engine, withBatch({ ...sample, top_k: 0, top_p: 1e-6 } as never, 4))).toEqual(greedy!.captions)
  })
})

describe('the probabilities that tokens are drawn with are those of transformers', () => {
  it.each(
    golden.sampling.map((each) => [`temperature ${each.temperature}, top_k ${each.top_k}, top_p ${each.top_p}`, each] as const),
  )('%s', (_, { temperature, top_k: topK, top_p: topP, chances: wanted }) => {
    golden.logits.forEach((logits, row) => {
      const ids = Int32Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]!)
      const logProbs = Float32Array.from(ids, (id) => logits[id]!)
      const found = new Float64Array(logits.length)
      chances({ ids, logProbs }, { temperature, topK, topP }).forEach((chance, i) => (found[ids[i]!] = chance))
      wanted[row]!.forEach((chance, id) => expect(found[id]).toBeCloseTo(chance, 5))
    })
  })
})
