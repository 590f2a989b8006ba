// Captions from features to token ids: greedy at the demo's size without an end, where the longest captions are what is measured; greedy and
// by beams at full size against transformers, with captions of human lengths.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { floats, sizeOf } from '../src/base/nd-array.ts'
import { writeSafetensors } from '../src/checkpoint/safetensors.ts'
import { inOrder } from '../src/decoding/captions.ts'
import { greedy } from '../src/decoding/greedy.ts'
import type { Engine } from '../src/engine/engine.ts'
import { vitTokenCount } from '../src/models/vit.ts'
import { openDecoding, type DecodingOptions } from '../src/recipes/decoding.ts'
import { strategyOf } from '../src/recipes/strategy.ts'
import { contest, type Rounds } from './contest.ts'
import { captune, findTransformers, pytorch, transformers } from './entrants.ts'
import { generated, generatedArray } from './generated.ts'
import { roomFor } from './machine.ts'
import type { Part, Surroundings } from './part.ts'
import { rowsOf, type Row, type Skipped } from './rows.ts'
import { demoSizes, fullSizes, taskOf, type Sizes } from './sizes.ts'
import { endOf, talkative } from './talkative.ts'
import { captionerFlags } from './training.ts'
import type { Prepared } from './turns.ts'

export const captions: Part = {
  name: 'captions',
  about: "captions: greedy at the demo's size; greedy, beam 3 and beam 5 at GPT-2 small",
  async measure(around) {
    const demo = await measureDemo(demoSizes(), { rounds: around.quick ? 3 : 7, repetitions: 2 }, around)
    if (around.quick) return demo
    const noRoom = roomFor(8)
    if (noRoom !== undefined) return [...demo, { part: captions.name, what: fullSizes.name, skipped: noRoom }]
    return [...demo, ...(await measureStrategies(fullSizes, { rounds: 2, repetitions: 1 }, around))]
  },
}

async function measureDemo(sizes: Sizes, rounds: Rounds, { torch, report }: Surroundings) {
  const what = `${sizes.name}, greedy, ${sizes.batch} captions of ${sizes.tokens} tokens`
  report(`captions: ${what}`)
  const flags = { ...captionerFlags(sizes), images: sizes.batch, tokens: sizes.tokens }
  const peers = 'missing' in torch ? [] : pytorch(torch, 'greedy', flags)
  const outcomes = await contest([captune('caption', sizes), ...peers], rounds)
  return rowsOf(captions.name, what, { value: sizes.batch, unit: 'captions' }, outcomes)
}

/** The recipe's own decoding on random weights and features; nothing ends a caption early. */
export async function captionWork(engine: Engine, sizes: Sizes): Promise<Prepared> {
  const { plan, decoder, parameters } = taskOf(sizes)
  const ends = { start: 0, end: -1, maxLength: sizes.tokens } // no token is -1
  const decoding = await openDecoding(engine, decoder.weights, engine.hold(generated(parameters)), {
    ...decodingOf(sizes, plan),
    strategy: greedy(ends),
    ends,
  })
  const features = featuresOf(sizes, sizes.batch)
  return { work: () => inOrder(decoding.captions(namesOf(sizes.batch), features)), facts: {} }
}

interface StrategySizes extends Sizes {
  /** 1 = greedy. */
  readonly beams: number
}

/** A few batches of 64: a caption that is found leaves its seat to the next image, and seats are empty at the end alone. The course's images fill 22. */
const imagesFor = (beams: number) => (beams === 1 ? 512 : 128)
const longest = 24

async function measureStrategies(sizes: Sizes, rounds: Rounds, { torch, report }: Surroundings): Promise<(Row | Skipped)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'captune-bench-'))
  const rows: (Row | Skipped)[] = []
  try {
    const peer = findTransformers(torch)
    const weights = join(folder, 'captioner.safetensors')
    if (!('missing' in peer)) writeTalkative(weights, sizes)
    for (const beams of [1, 3, 5]) {
      const what = `${sizes.name}, ${beams === 1 ? 'greedy' : `beam ${beams}`}, ${imagesFor(beams)} captions of human lengths, 64 at once`
      report(`captions: ${what}`)
      const { layers, heads } = sizes.decoder
      const images = imagesFor(beams)
      const flags = { weights, images, beams, end: endOf(sizes), longest, batch: 64, layers, heads }
      const peers = 'missing' in peer ? [] : [transformers(peer, flags)]
      const outcomes = await contest([captune('strategy', { ...sizes, batch: 64, beams }), ...peers], rounds)
      rows.push(...rowsOf(captions.name, what, { value: images, unit: 'captions' }, outcomes))
      if ('missing' in peer) rows.push({ part: captions.name, what, who: 'transformers', skipped: peer.missing })
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The recipe's own decoding. Its first two calls, which only grow memory, caption a few images. */
export async function strategyWork(engine: Engine, { beams, ...sizes }: StrategySizes): Promise<Prepared> {
  const { plan, frozen, trained } = talkative(sizes)
  const end = endOf(sizes)
  const ends = { start: end, end, maxLength: longest }
  const usual = {
    length_penalty: 1,
    early_stopping: false,
    no_repeat_ngram: 0,
    min_length: 0,
    max_length: longest,
    batch: sizes.batch,
  }
  const decode = beams === 1 ? ({ ...usual, strategy: 'greedy' } as const) : ({ ...usual, strategy: 'beam', beams } as const)
  const decoding = await openDecoding(engine, frozen, trained, {
    ...decodingOf(sizes, plan),
    strategy: strategyOf(decode, ends, sizes.decoder.vocabulary),
    ends,
  })
  const images = imagesFor(beams)
  const features = featuresOf(sizes, images)
  let calls = 0
  return { work: () => inOrder(decoding.captions(namesOf(calls++ < 2 ? 8 : images), features)), facts: {} }
}

/** All weights and the features in one file, under transformers' names. */
function writeTalkative(path: string, sizes: Sizes): void {
  const { frozen, trained } = talkative(sizes)
  const [tokens, width] = rowShapeOf(sizes)
  const images = imagesFor(1)
  const features = floats([images, tokens, width], featuresOf(sizes, images)([...Array(images).keys()]))
  writeSafetensors(path, { ...frozen, ...trained, features })
}

function rowShapeOf(sizes: Sizes): [number, number] {
  return [vitTokenCount(sizes.image), sizes.image.width]
}

function decodingOf(
  sizes: Sizes,
  plan: DecodingOptions['plan'],
): Pick<DecodingOptions, 'plan' | 'images' | 'tokens' | 'forbidden'> {
  return { plan, images: sizes.batch, tokens: rowShapeOf(sizes)[0], forbidden: [] }
}

function namesOf(images: number): string[] {
  return Array.from({ length: images }, String)
}

function featuresOf(sizes: Sizes, images: number): (wanted: readonly number[]) => Float32Array {
  const shape = rowShapeOf(sizes)
  const { data } = generatedArray([images, ...shape])
  const size = sizeOf(shape)
  return (wanted) => data.subarray(wanted[0]! * size, (wanted.at(-1)! + 1) * size) // images are asked for in their order
}
