import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listImages } from '../../../src/data/label-folder.ts'
import { encodeImages } from '../../../src/recipes/encode.ts'
import type { FeatureKind } from '../../../src/recipes/encoder.ts'
import { featuresFolder } from '../../../src/recipes/places.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { oneThread, place, quiet, worldIn } from './small-world.ts'

const world = worldIn(place(), { train: 1, val: 1, perClass: 2 })
const weights = 'weights/shapes/clip.safetensors'
const hundred = () => listImages(join(world, 'p1_data/val')).images

function encode(kind: FeatureKind, options: Partial<Parameters<typeof encodeImages>[2]> = {}) {
  const images = hundred()
  return withEngine(oneThread, async (engine) => {
    const features = await encodeImages(engine, { weights, kind, images, what: 'a hundred' }, { ...quiet, ...options })
    return { shape: features.rowShape, rows: features.rows(images.map(({ stem }) => stem)), features }
  })
}

describe('features of images', () => {
  it('are tokens with or without the class token, or an embedding', async () => {
    const [all, patches, embedding] = [await encode('all'), await encode('patches'), await encode('embedding')]
    expect([all.shape, patches.shape, embedding.shape]).toEqual([[65, 128], [64, 128], [128]])
    expect(patches.rows.subarray(0, 64 * 128)).toEqual(all.rows.subarray(128, 65 * 128))
    expect(readdirSync(featuresFolder())).toHaveLength(3)
  })

  it('are computed once', async () => {
    const seen: string[] = []
    await encode('embedding', { report: ({ phase }) => seen.push(phase) })
    expect(seen).toEqual([])
  })

  it('are those of the stems that are asked for, in their order', async () => {
    const { features, rows } = await encode('embedding')
    const [first, , third] = hundred()
    expect(features.rows([third!.stem, first!.stem])).toEqual(
      Float32Array.of(...rows.subarray(256, 384), ...rows.subarray(0, 128)),
    )
    expect(() => features.rows(['nobody'])).toThrow('nobody')
  })

  it('are the same bit for bit where computing was interrupted and resumed', async () => {
    const whole = await encode('embedding')
    rmSync(featuresFolder(), { recursive: true })
    const stop = new AbortController()
    const report = ({ done }: { done: number }) => {
      if (done >= 64) stop.abort()
    }
    await expect(encode('embedding', { report, signal: stop.signal })).rejects.toThrow(
      'stopped after the features of 64 of 100 images; the same command continues from there.',
    )
    const begun: number[] = []
    const resumed = await encode('embedding', { report: ({ done }) => begun.push(done) })
    expect(begun[0]).toBe(64)
    expect(resumed.rows).toEqual(whole.rows)
  })
})
