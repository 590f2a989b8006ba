import { createHash } from 'node:crypto'
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { floats } from '../../../src/base/nd-array.ts'
import { readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { encodeImages } from '../../../src/recipes/encode.ts'
import { hashesPath } from '../../../src/recipes/places.ts'
import { checkWeights, requireWhole, weightsFingerprint } from '../../../src/recipes/weights.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { sources } from '../../../src/sources/published.ts'
import { oneThread, place, quiet } from './small-world.ts'

const folder = place()
const archive = fromRoot('tests/fixtures/pretrained/clip-openai.pt')
const vit = fromRoot('tests/fixtures/pretrained/families/timm-augreg')
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** A copy with an age at which its hash may be remembered. */
function copied(from: string, ...to: string[]): string {
  const path = join(folder, ...to)
  mkdirSync(join(path, '..'), { recursive: true })
  copyFileSync(from, path)
  utimesSync(path, new Date(2026, 0), new Date(2026, 0))
  return path
}

/** The same archive with a gap, which takes no room on disk, before its directory. */
function lengthened(from: string, length: number, to: string): string {
  const whole = readFileSync(from)
  const end = whole.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  const directory = whole.readUInt32LE(end + 16)
  const entries = whole.subarray(directory, directory + whole.readUInt32LE(end + 12)) // what follows is the same again for zip64
  const tail = Buffer.concat([entries, whole.subarray(end)])
  tail.writeUInt32LE(length - tail.length, entries.length + 16)
  const path = join(folder, to)
  const file = openSync(path, 'w')
  writeSync(file, whole, 0, directory, 0)
  writeSync(file, tail, 0, tail.length, length - tail.length)
  closeSync(file)
  return path
}

describe("a file that is called as one of OpenAI's", () => {
  it('and holds something else is told with both hashes and what to do', async () => {
    const path = copied(archive, 'ViT-B-32.pt')
    await expect(requireWhole(path)).rejects.toThrow(
      `${path}: the SHA-256 is ${sha256(path)}, the published ViT-B-32.pt has 40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af: the download is damaged or was cut off; fetch it again by \`captune get clip ViT-B/32\`, or give the file another name if it is your own.`,
    )
    await expect(checkWeights([{ path, role: 'clip' }])).rejects.toThrow('the download is damaged or was cut off')
  })

  it('is hashed once, while it does not change', () => {
    const known = new Map(JSON.parse(readFileSync(hashesPath(), 'utf8')) as [string, { sha256: string }][])
    expect(known.get(join(folder, 'ViT-B-32.pt'))?.sha256).toBe(sha256(archive))
  })

  it('stops features from being computed', async () => {
    const request = { weights: join(folder, 'ViT-B-32.pt'), kind: 'all', images: [], what: 'nothing' } as const
    await expect(withEngine(oneThread, (engine) => encodeImages(engine, request, quiet))).rejects.toThrow(
      'damaged or was cut off',
    )
  })
})

describe('a file of another name', () => {
  it('is never hashed, nor said anything of, for its hash', async () => {
    expect(await requireWhole(copied(archive, 'mine.pt'))).toEqual([])
  })

  it('that is as long as one of OpenAI’s and holds something else is somebody’s own, and told to be taken so', async () => {
    const { bytes, name } = sources.find((source) => source.name === 'clip ViT-B/16')!.files[0]!
    const path = lengthened(archive, bytes, 'own.pt')
    expect(await requireWhole(path)).toEqual([
      `${path}: it is as long as the published ${name} and holds something else; it is taken for your own.`,
    ])
  })
})

describe('what a user should know of weights', () => {
  it('is told once, whatever number of files and roles it is said of', async () => {
    const path = copied(join(vit, 'model.safetensors'), 'alone', 'vit_base_patch16_224.safetensors')
    const file = { path, role: 'encoder' } as const
    expect(await checkWeights([file, file])).toEqual([
      `${path}: the name has no tag; taken as vit_base_patch16_224.augreg2_in21k_ft_in1k, which timm means by it.`,
    ])
  })

  it('begins with a vision transformer that cannot judge', async () => {
    await expect(checkWeights([{ path: join(vit, 'model.safetensors'), role: 'clip' }])).rejects.toThrow(
      'this vision transformer has no text tower and cannot compare captions with images',
    )
  })
})

describe('the fingerprint of weights', () => {
  const plain = { path: 'weights/shapes/clip.safetensors', role: 'clip' } as const

  it('is that of the bytes where nothing outside of the file decides what it computes', async () => {
    const copy = copied(fromRoot(plain.path), 'elsewhere', 'model.safetensors')
    expect(await weightsFingerprint({ path: copy, role: 'clip' })).toBe(await weightsFingerprint(plain))
  })

  it('changes with a config beside the file that changes the numbers, so that no cached feature is taken for another', async () => {
    const alone = copied(join(vit, 'model.safetensors'), 'alone', 'model.safetensors')
    const beside = copied(join(vit, 'model.safetensors'), 'beside', 'model.safetensors')
    const config = { architecture: 'vit_base_patch16_224', model_args: { act_layer: 'gelu_tanh' } }
    writeFileSync(join(folder, 'beside', 'config.json'), JSON.stringify(config))
    const both = [alone, beside].map((path) => weightsFingerprint({ path, role: 'encoder' }))
    expect(await both[0]).not.toBe(await both[1])
  })

  it('changes with the metadata, which are bytes', async () => {
    const arrays = readSafetensors(fromRoot('tests/fixtures/models/clip.safetensors')).readAll()
    const [one, two] = [join(folder, 'one.safetensors'), join(folder, 'two.safetensors')]
    const heads = { 'captune.image_heads': '2', 'captune.text_heads': '3' }
    writeSafetensors(one, { ...arrays, logit_scale: floats([]) }, heads)
    writeSafetensors(two, { ...arrays, logit_scale: floats([]) }, { ...heads, 'captune.activation': 'gelu' })
    expect(await weightsFingerprint({ path: one, role: 'clip' })).not.toBe(await weightsFingerprint({ path: two, role: 'clip' }))
  })
})
