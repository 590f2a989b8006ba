// Image features, in two halves: photographs to normalised pixels, and pixels through the frozen tower to one row per token; and both at
// once, as a run computes them.
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Engine } from '../src/engine/engine.ts'
import { openEncoder } from '../src/recipes/encoder.ts'
import { contest, type Rounds } from './contest.ts'
import { captune, pytorch } from './entrants.ts'
import { generatedArray } from './generated.ts'
import type { Part, Surroundings } from './part.ts'
import { rowsOf, type Row, type Skipped } from './rows.ts'
import { demoSizes, encoderOf, type Sizes } from './sizes.ts'
import { measureTowers } from './towers.ts'
import type { Prepared } from './turns.ts'

export const features: Part = {
  name: 'features',
  about: 'photographs to pixels, and pixels through the frozen encoder: the demo, and ViT-B/32',
  async measure(around) {
    const demo = await measureEncoder(
      'demo, CLIP on 64 x 64',
      demoSizes(),
      { rounds: around.quick ? 4 : 10, repetitions: 3 },
      around,
    )
    const photographs = await measurePhotographs(around)
    if (around.quick) return [...photographs, ...demo]
    const folder = photographsHere()
    return [...photographs, ...demo, ...(folder === undefined ? [] : await measureTowers(folder, around))]
  },
}

function photographsHere(): string | undefined {
  const data = process.env['CAPTUNE_TEST_DATA']
  if (data === undefined) return undefined
  const folder = join(data, 'coco-mini/images')
  return existsSync(folder) ? folder : undefined
}

const what = 'photographs to 224 x 224 pixels'

/** COCO's photographs, all processors at work. */
async function measurePhotographs({ quick, torch, report }: Surroundings): Promise<(Row | Skipped)[]> {
  const folder = photographsHere()
  if (folder === undefined)
    return [{ part: features.name, what, skipped: 'CAPTUNE_TEST_DATA names no folder with coco-mini/images' }]
  report(`features: ${what}`)
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
  const threads = String(availableParallelism())
  const ours = {
    who: `captune, ${threads} threads`,
    command: process.execPath,
    arguments: [...process.execArgv, here('./photographs.ts'), folder, threads],
  }
  const pillow = (python: string) => ({
    who: `Pillow, ${threads} threads`,
    command: python,
    arguments: [here('./peers/photographs.py'), '--turns', '--folder', folder, '--threads', threads],
  })
  const peers = 'missing' in torch ? [] : [pillow(torch.python)]
  const outcomes = await contest([ours, ...peers], { rounds: quick ? 3 : 8, repetitions: 1 })
  return rowsOf(features.name, what, { value: readdirSync(folder).length, unit: 'photographs' }, outcomes)
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
export async function encodeWork(engine: Engine, sizes: Sizes): Promise<Prepared> {
  const encoder = await openEncoder(engine, encoderOf(sizes), { kind: 'all', batch: sizes.batch, approximate: true })
  const image = generatedArray([3, sizes.image.size, sizes.image.size]).data
  const images = Array<Float32Array>(sizes.batch).fill(image)
  return { work: () => encoder.encode(images), facts: {} }
}
