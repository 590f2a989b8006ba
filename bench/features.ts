// Image features: pixels that are already decoded and normalised, through the frozen tower, to one row per token.
import type { Engine } from '../src/engine/engine.ts'
import { openEncoder } from '../src/recipes/encoder.ts'
import { contest, type Rounds } from './contest.ts'
import { captune, pytorch } from './entrants.ts'
import { generatedArray } from './generated.ts'
import type { Part, Surroundings } from './part.ts'
import { rowsOf } from './rows.ts'
import { demoSizes, fullSizes, taskOf, type Sizes } from './sizes.ts'
import type { Work } from './turns.ts'

export const features: Part = {
  name: 'features',
  about: 'images through the frozen encoder: the demo, and ViT-B/32',
  async measure(around) {
    const demo = await measureEncoder(
      'demo, CLIP on 64 x 64',
      demoSizes(),
      { rounds: around.quick ? 4 : 10, repetitions: 3 },
      around,
    )
    if (around.quick) return demo
    return [...demo, ...(await measureEncoder('ViT-B/32 on 224 x 224', fullSizes, { rounds: 7, repetitions: 1 }, around))]
  },
}

async function measureEncoder(what: string, sizes: Sizes, rounds: Rounds, { torch, report }: Surroundings) {
  report(`features: ${what}`)
  const { width, layers, heads, size, patch } = sizes.image
  const flags = { width, layers, heads, size, patch, images: sizes.batch }
  const peers = 'missing' in torch ? [] : pytorch(torch, 'vit', flags)
  const outcomes = await contest([captune('encode', sizes), ...peers], rounds)
  return rowsOf(features.name, `${what}, ${sizes.batch} at once`, { value: sizes.batch, unit: 'images' }, outcomes)
}

/** The recipe's own encoder on random weights and pixels. */
export async function encodeWork(engine: Engine, sizes: Sizes): Promise<{ work: Work; facts: object }> {
  const encoder = await openEncoder(engine, taskOf(sizes).encoder, 'all', sizes.batch)
  const image = generatedArray([3, sizes.image.size, sizes.image.size]).data
  const images = Array<Float32Array>(sizes.batch).fill(image)
  return { work: () => encoder.encode(images), facts: {} }
}
