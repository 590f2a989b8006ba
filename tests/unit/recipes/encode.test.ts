import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { listImages } from '../../../src/data/label-folder.ts'
import type { Precision } from '../../../src/engine/engine.ts'
import { encodeImages } from '../../../src/recipes/encode.ts'
import type { FeatureKind } from '../../../src/recipes/encoder.ts'
import { meanCosine } from '../../../src/recipes/likeness.ts'
import { featuresFolder } from '../../../src/recipes/places.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { oneThread, place, quiet, worldIn } from './small-world.ts'

const world = worldIn(place(), { train: 1, val: 1, perClass: 2 })
const weights = 'weights/shapes/clip.safetensors'
const hundred = () => listImages(join(world, 'p1_data/val')).images

interface Options extends Partial<Parameters<typeof encodeImages>[2]> {
  readonly precision?: Precision
}

function encode(kind: FeatureKind, { precision = 'fp32', ...options }: Options = {}) {
  const images = hundred()
  return withEngine(oneThread, async (engine) => {
    const request = { weights, kind, images, precision, what: 'a hundred' }
    const features = await encodeImages(engine, request, { ...quiet, ...options })
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

  it('in int8 have a cache of their own that tells how near they are, or are refused where int8 does not pay', async () => {
    const exact = await encode('all')
    try {
      const { features, rows } = await encode('all', { precision: 'int8' })
      expect(features.fingerprint).not.toBe(exact.features.fingerprint)
      expect(exact.features.cosine).toBeUndefined()
      expect(features.cosine).toBeGreaterThan(0.995)
      expect(meanCosine(rows, exact.rows, 128)).toBeCloseTo(features.cosine!, 2)
      expect(rows).not.toEqual(exact.rows)
      expect((await encode('all', { precision: 'int8' })).features.cosine).toBe(features.cosine)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      expect(error.message).toMatch(/^precision int8 .* fp32 is needed/)
    }
  })
})

describe('the mean cosine', () => {
  it('is 1 for the same directions, 0 for a right angle and the mean over rows', () => {
    const [a, b] = [Float32Array.of(1, 0, 0, 2), Float32Array.of(3, 0, 2, 0)]
    expect(meanCosine(a, a, 2)).toBe(1)
    expect(meanCosine(a, b, 2)).toBe(0.5)
  })
})
