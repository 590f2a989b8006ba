import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { identityOf } from '../../../src/recipes/identity.ts'
import { configOf, place, worldIn } from './small-world.ts'

const folder = place()
const world = worldIn(folder, { train: 4, val: 3, perClass: 1 })

const hashOf = async (...changes: string[]) => (await identityOf(configOf('lora', `data.root=${world}`, ...changes))).hash
let usual: string

beforeAll(async () => {
  usual = await hashOf()
})

/** A copy of a file or folder of the checkout or the world. */
function copied(from: string, name: string): string {
  const to = join(folder, name)
  cpSync(from, to, { recursive: true })
  return to
}

/** Adds a byte or a text to the end of a file. */
function appended(path: string, more: string): string {
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from(more)]))
  return path
}

describe("a run's identity", () => {
  it('is independent of name, engine and where the files lie', async () => {
    expect(usual).toMatch(/^[0-9a-f]{64}$/)
    expect(await hashOf('name=other', 'engine.name=wasm', 'engine.threads=7')).toBe(usual)
    expect(await hashOf(`data.root=${copied(world, 'moved')}`)).toBe(usual)
    expect(await hashOf(`decoder.weights=${copied(fromRoot('weights/shapes/decoder.safetensors'), 'gpt2.safetensors')}`)).toBe(
      usual,
    )
    expect(await hashOf(`decoder.vocabulary=${copied(fromRoot('weights/shapes/gpt2'), 'words')}`)).toBe(usual)
  })

  it.each(['seed=2', 'peft.rank=4', 'train.lr=3e-3', 'decode.max_length=20', 'evaluate.subset=5', 'encoder.tokens=patches'])(
    'is another with %s',
    async (change) => {
      expect(await hashOf(change)).not.toBe(usual)
    },
  )

  it('is another where a caption or an image is', async () => {
    const captions = copied(world, 'captions')
    appended(join(captions, 'p2_data/val.json'), ' ')
    const images = copied(world, 'images')
    const train = join(images, 'p2_data/images/train')
    appended(join(train, readdirSync(train)[0]!), 'x')
    const hashes = [usual, await hashOf(`data.root=${captions}`), await hashOf(`data.root=${images}`)]
    expect(new Set(hashes).size).toBe(3)
  })

  it.each([
    ['encoder.weights', 'clip.safetensors'],
    ['decoder.weights', 'decoder.safetensors'],
    ['evaluate.clip.weights', 'clip.safetensors'],
    ['evaluate.clip.vocabulary', 'clip-vocabulary.txt.gz'],
  ])('is another where the file of %s is', async (key, name) => {
    const changed = appended(copied(fromRoot(`weights/shapes/${name}`), `changed-${key}`), 'x')
    expect(await hashOf(`${key}=${changed}`)).not.toBe(usual)
  })

  it('is another where the vocabulary is', async () => {
    const vocabulary = copied(fromRoot('weights/shapes/gpt2'), 'vocabulary')
    appended(join(vocabulary, 'vocab.bpe'), '\n')
    expect(await hashOf(`decoder.vocabulary=${vocabulary}`)).not.toBe(usual)
  })

  it('cannot be had where a file is missing', async () => {
    await expect(hashOf('decoder.weights=/nowhere.safetensors')).rejects.toThrow('/nowhere.safetensors: the file is missing.')
  })
})
