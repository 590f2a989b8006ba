import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { preprocessedImages, type PreprocessedImages } from '../../../src/data/preprocessed.ts'
import { preprocess } from '../../../src/data/transform.ts'
import { decodeRgb } from '../../../src/images/decode.ts'
import { encodePng } from '../../../src/images/encode.ts'
import { noise } from '../images/noise.ts'

const folder = mkdtempSync(join(tmpdir(), 'preprocessed-test-'))
const half = { size: 16, mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] }
const count = 40
const paths = Array.from({ length: count }, (_, i) => join(folder, `${i}.png`))
let images: PreprocessedImages | undefined

beforeAll(async () => {
  for (const [i, path] of paths.entries()) writeFileSync(path, await encodePng(noise(20 + i, 30 + (i % 7))))
})
afterEach(() => images?.close())
afterAll(() => rmSync(folder, { recursive: true }))

function opened(of: readonly string[], threads: number, ahead = 8): PreprocessedImages {
  images = preprocessedImages(of, half, { threads, ahead })
  return images
}

const threadsAlive = () => process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length

describe('preprocessed images', () => {
  it('come in order, with the very values, whatever thread made them', async () => {
    const expected = await Promise.all(paths.map(async (path) => preprocess(await decodeRgb(path), half)))
    const taken: Float32Array[] = []
    const { take } = opened(paths, 3)
    for (let part = await take(7); part.length > 0; part = await take(7)) taken.push(...part)
    expect(taken).toEqual(expected)
  })

  it('are made while the thread that wants them is busy, no more of them than allowed', async () => {
    const copies = Array.from({ length: count }, (_, i) => join(folder, `copy-${i}.png`))
    for (const copy of copies) copyFileSync(paths[0]!, copy)
    const { take } = opened(copies, 2, 5)
    await take(1)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
    for (const copy of copies) rmSync(copy)
    await expect(take(5)).resolves.toHaveLength(5)
    await expect(take(1)).rejects.toThrow(`${copies[6]!}: the image is missing.`)
  })

  it('end at a broken one with the sentence that tells which, and before it all is well', async () => {
    const broken = join(folder, 'broken.png')
    writeFileSync(broken, 'no picture')
    const { take } = opened([...paths.slice(0, 9), broken, ...paths.slice(9)], 2)
    await expect(take(9)).resolves.toHaveLength(9)
    const failure = await take(1).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UserError)
    expect(failure).toEqual(new UserError(`${broken}: this is not an image; a JPEG, PNG, WebP or GIF file is needed.`))
  })

  it('keep the stack of what is a fault of the program', async () => {
    images = preprocessedImages(paths, { ...half, crop_pct: 2 }, { threads: 1, ahead: 1 })
    const failure = await images.take(1).catch((error: unknown) => error)
    expect(failure).not.toBeInstanceOf(UserError)
    expect((failure as Error).stack).toMatch(/at most 1 is possible\n.*resizeAndCrop/s)
  })

  it('leave no thread behind, however early they are closed', async () => {
    const before = threadsAlive()
    const early = opened(paths, 2)
    expect(threadsAlive()).toBeGreaterThan(before)
    const wanted = early.take(3)
    const [refused] = await Promise.allSettled([wanted, early.close()])
    expect(refused.status).toBe('rejected')
    expect(threadsAlive()).toBe(before)
    await expect(early.take(1)).rejects.toThrow('the images were closed')
    await early.close()
  })

  it('may be none', async () => {
    const none = opened([], 2)
    expect(await none.take(4)).toEqual([])
  })
})
