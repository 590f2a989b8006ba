// Greedy captions with a key/value cache, from features to token ids. No caption ends early: the longest are what is measured.
import { sizeOf } from '../src/base/nd-array.ts'
import type { Engine } from '../src/engine/engine.ts'
import { vitTokenCount } from '../src/models/vit.ts'
import { openDecoding } from '../src/recipes/decoding.ts'
import { contest, type Rounds } from './contest.ts'
import { captune, pytorch } from './entrants.ts'
import { generated, generatedArray } from './generated.ts'
import { roomFor } from './machine.ts'
import type { Part, Surroundings } from './part.ts'
import { rowsOf } from './rows.ts'
import { demoSizes, fullSizes, taskOf, type Sizes } from './sizes.ts'
import { captionerFlags } from './training.ts'
import type { Work } from './turns.ts'

export const captions: Part = {
  name: 'captions',
  about: 'greedy captions: the demo, and GPT-2 small at full size',
  async measure(around) {
    const demo = await measureDecoding(demoSizes(), { rounds: around.quick ? 3 : 7, repetitions: 2 }, around)
    if (around.quick) return demo
    const noRoom = roomFor(8)
    if (noRoom !== undefined) return [...demo, { part: captions.name, what: fullSizes.name, skipped: noRoom }]
    return [...demo, ...(await measureDecoding(fullSizes, { rounds: 5, repetitions: 1 }, around))]
  },
}

async function measureDecoding(sizes: Sizes, rounds: Rounds, { torch, report }: Surroundings) {
  const what = `${sizes.name}, ${sizes.batch} captions of ${sizes.tokens} tokens`
  report(`captions: ${what}`)
  const flags = { ...captionerFlags(sizes), images: sizes.batch, tokens: sizes.tokens }
  const peers = 'missing' in torch ? [] : pytorch(torch, 'greedy', flags)
  const outcomes = await contest([captune('caption', sizes), ...peers], rounds)
  return rowsOf(captions.name, what, { value: sizes.batch, unit: 'captions' }, outcomes)
}

/** The recipe's own decoding on random weights and features. */
export async function captionWork(engine: Engine, sizes: Sizes): Promise<{ work: Work; facts: object }> {
  const { plan, decoder, parameters } = taskOf(sizes)
  const rowShape = [vitTokenCount(sizes.image), sizes.image.width]
  const decoding = await openDecoding(engine, decoder.weights, engine.hold(generated(parameters)), {
    plan,
    size: { rows: sizes.batch, tokens: rowShape[0]!, maxLength: sizes.tokens },
    start: 0,
    end: -1, // no token
    forbidden: [],
  })
  const looked = generatedArray([sizes.batch * sizeOf(rowShape)]).data
  return { work: () => decoding.captions(looked, sizes.batch), facts: {} }
}
