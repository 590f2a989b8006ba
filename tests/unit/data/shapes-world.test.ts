import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InterruptedError, UserError } from '../../../src/base/errors.ts'
import type { Progress } from '../../../src/base/progress.ts'
import { labelOf, things } from '../../../src/data/shapes/things.ts'
import { makeWorld, readWorld, worldState } from '../../../src/data/shapes/world.ts'
import { decodeRgb } from '../../../src/images/decode.ts'

describe('makeWorld', () => {
  const tiny = { seed: 5, train: 6, val: 4, perClass: 1 }
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shapes-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  it("writes the course's layout", async () => {
    const root = join(folder, 'layout/shapes')
    const seen: Progress[] = []
    expect(worldState(root, tiny)).toBe('missing')
    await makeWorld(root, tiny, (progress) => seen.push(progress))
    expect(worldState(root, tiny)).toBe('complete')
    expect(readdirSync(join(folder, 'layout'))).toEqual(['shapes'])
    expect(readdirSync(join(root, 'p1_data/val'))).toHaveLength(50)
    expect(JSON.parse(readFileSync(join(root, 'p1_data/id2label.json'), 'utf8'))).toEqual(
      Object.fromEntries(things.map((thing, i) => [String(i), labelOf(thing)])),
    )
    expect(readdirSync(join(root, 'p3_data/images'))).toEqual(['arrow.jpg', 'heart.jpg', 'moon.jpg', 'ring.jpg', 'star.jpg'])
    const ids = ['train', 'val'].flatMap((split) => {
      const { annotations, images } = JSON.parse(readFileSync(join(root, `p2_data/${split}.json`), 'utf8')) as CaptionFile
      expect(readdirSync(join(root, 'p2_data/images', split))).toEqual(images.map((image) => image.file_name).sort())
      for (const { file_name, id } of images) {
        expect(file_name).toBe(`${String(id).padStart(12, '0')}.jpg`)
        expect(annotations.filter((annotation) => annotation.image_id === id)).toHaveLength(5)
      }
      return [...images.map((image) => `image ${image.id}`), ...annotations.map((annotation) => `caption ${annotation.id}`)]
    })
    expect(new Set(ids).size).toBe(ids.length)
    expect(seen.at(-1)).toEqual({ phase: 'built-in world', done: 68, total: 68, unit: 'files' })
    expect(await decodeRgb(join(root, 'p3_data/images/star.jpg'))).toMatchObject({ width: 64, height: 64 })
  })

  interface CaptionFile {
    annotations: { caption: string; id: number; image_id: number }[]
    images: { file_name: string; id: number }[]
  }

  it('writes the same bytes in every run: a change here means a new `version`', async () => {
    const [a, b] = [await makeWorld(join(folder, 'a'), tiny), await makeWorld(join(folder, 'b'), tiny)]
    expect(a).toEqual(b)
    expect(a.fingerprint).toBe('c12e78733df9c24a1c1162b52fd5e8f4da8f30bd781edd4336cf6ace2f4042e7')
    expect(readWorld(join(folder, 'a'))).toEqual(a)
    expect((await makeWorld(join(folder, 'c'), { ...tiny, seed: 6 })).fingerprint).not.toBe(a.fingerprint)
  })

  it('tells a world of other wishes and replaces it, and mends one that lost a picture', async () => {
    const root = join(folder, 'again')
    await makeWorld(root, tiny)
    expect(worldState(root, { ...tiny, train: 7 })).toBe('other-version')
    await makeWorld(root, { ...tiny, train: 7 })
    expect(worldState(root, { ...tiny, train: 7 })).toBe('complete')
    rmSync(join(root, 'p3_data/images/star.jpg'))
    expect(worldState(root, { ...tiny, train: 7 })).toBe('missing')
    await makeWorld(root, { ...tiny, train: 7 })
    expect(worldState(root, { ...tiny, train: 7 })).toBe('complete')
  })

  it('leaves nothing behind when it is stopped, and sweeps what a killed process left', async () => {
    const inner = join(folder, 'stopped')
    mkdirSync(join(inner, '.shapes.999999999.0a1b2c3d.partial'), { recursive: true })
    const stop = new AbortController()
    await expect(makeWorld(join(inner, 'shapes'), tiny, () => stop.abort(), stop.signal)).rejects.toThrow(InterruptedError)
    expect(readdirSync(inner)).toEqual([])
  })

  it('makes one world when it is asked for twice at once', async () => {
    const root = join(folder, 'twice/shapes')
    const [a, b] = await Promise.all([makeWorld(root, tiny), makeWorld(root, tiny)])
    expect(a).toEqual(b)
    expect(worldState(root, tiny)).toBe('complete')
    expect(readdirSync(join(folder, 'twice'))).toEqual(['shapes'])
  })

  it('refuses a folder that holds something else, and a place where it may not write', async () => {
    const root = join(folder, 'mine')
    mkdirSync(root)
    writeFileSync(join(root, 'thesis.txt'), 'years of work')
    await expect(makeWorld(root, tiny)).rejects.toThrow(
      /mine: holds files that are not the built-in world's; choose another folder or remove them\.$/,
    )
    expect(existsSync(join(root, 'thesis.txt'))).toBe(true)
    await expect(makeWorld(join(root, 'thesis.txt/shapes'), tiny)).rejects.toThrow(UserError)
  })
})
