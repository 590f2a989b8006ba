import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readAttention, type AttendedCaption } from '../../../src/checkpoint/attention-file.ts'
import { attendFolder } from '../../../src/recipes/attend.ts'
import { captionImages } from '../../../src/recipes/caption-images.ts'
import { runFolder } from '../../../src/recipes/places.ts'
import { configOf, place, quiet, worldIn, type Method } from './small-world.ts'
import { trainedRun } from './trained-run.ts'

const folder = place()
const root = worldIn(folder, { train: 2, val: 2, perClass: 1 })
const images = join(root, 'p3_data/images')

const runOf = (id: string) => ({ id, kind: 'train', parent: null })

/** A run that has learned noise, whose captions are therefore long and odd. */
async function noisyRun(method: Method, ...changes: string[]): Promise<string> {
  const id = `noisy-${method}`
  const config = configOf(
    method,
    `data.root=${root}`,
    'engine={name: auto, device: cpu, threads: 1, precision: fp32}',
    ...changes,
  )
  await trainedRun(runFolder(id), config)
  return id
}

function rowSums({ attention, rollout }: AttendedCaption): number[] {
  const tokens = rollout.shape[1]!
  const all = [...attention.data, ...rollout.data]
  return Array.from({ length: all.length / tokens }, (_, row) =>
    all.slice(row * tokens, (row + 1) * tokens).reduce((sum, weight) => sum + weight, 0),
  )
}

describe('the attention of a folder of images', () => {
  let id: string
  beforeAll(async () => {
    id = await noisyRun('prefix', 'cross_attention.layers=[1, 3]')
  })

  it('is a file for each image: its words, its layers, and rows with the sum 1', async () => {
    const { attended } = await attendFolder(runOf(id), images, quiet)
    const { captions } = await captionImages(runOf(id), images, quiet)
    expect(readdirSync(join(runFolder(id), 'attention')).sort()).toEqual(Object.keys(captions).map((stem) => `${stem}.safetensors`).sort()) // prettier-ignore
    for (const { image, attention } of attended) {
      const file = readAttention(attention)
      expect(file.caption).toBe(captions[image.stem])
      expect(file.words.join('').replaceAll('<|endoftext|>', '').replace(/\s/g, '')).toBe(file.caption.replace(/\s/g, ''))
      expect(file.pieces.flat().join('').replace('<|endoftext|>', '').trim()).toBe(file.caption)
      expect(file).toMatchObject({ layers: [1, 3], grid: [8, 8], crop: [0, 0, 64, 64], size: [64, 64], run: id })
      expect(file.attention.shape).toEqual([2, 4, file.words.length, 65])
      for (const sum of rowSums(file)) expect(sum).toBeCloseTo(1, 5)
    }
  })

  it('follows the decoding that is asked for, and goes where it is asked to', async () => {
    const output = join(folder, 'maps')
    const options = { ...quiet, decode: '{strategy: beam, beams: 3, max_length: 6}' }
    const { attended } = await attendFolder(runOf(id), images, { ...options, output })
    const { captions } = await captionImages(runOf(id), images, options)
    for (const { image, attention, caption } of attended) {
      expect(attention).toBe(join(output, `${image.stem}.safetensors`))
      expect(caption).toBe(captions[image.stem])
      expect(readAttention(attention).decoding).toMatch(/^beam, beams 3, .*at most 6 tokens$/)
    }
  })

  it('has no end where a caption was cut at its longest', async () => {
    const { attended } = await attendFolder(runOf(id), images, { ...quiet, decode: '{strategy: beam, beams: 2, max_length: 3, min_length: 3}' }) // prettier-ignore
    for (const { attention } of attended) {
      const { pieces, words } = readAttention(attention)
      expect(pieces.flat()).toHaveLength(3)
      expect(words).not.toContain('<|endoftext|>')
    }
  })

  it('is of patches alone where the captioner sees no class token', async () => {
    const { attended } = await attendFolder(runOf(await noisyRun('none', 'encoder.tokens=patches')), images, quiet)
    expect(readAttention(attended[0]!.attention).rollout.shape[1]).toBe(64)
  })
})
