import { describe, expect, it } from 'vitest'
import { captionBatches } from '../../../src/data/batches.ts'

// caption c of image i is the one token 10 i + c
const dataset = (images: number, perImage: number) =>
  Array.from({ length: images }, (_, i) => Array.from({ length: perImage }, (_, c) => [10 * i + c]))
const options = { captions: dataset(10, 5), images: 3, perImage: 4, length: 8, seed: 1 }

describe('caption batches', () => {
  it('have a fixed shape, the captions of an image adjacent', () => {
    const batches = captionBatches(options)
    expect(batches.perEpoch).toBe(3)
    const { images, captions } = batches.batch(0, 1)
    expect(images).toHaveLength(3)
    expect(captions.map(([id = 0]) => Math.floor(id / 10))).toEqual(images.flatMap((image) => [image, image, image, image]))
    expect(new Set(captions.map(([id]) => id)).size).toBe(12)
  })

  it('show each image at most once an epoch, in another order the next time', () => {
    const batches = captionBatches(options)
    const epoch = (e: number) => [0, 1, 2].flatMap((k) => batches.batch(e, k).images)
    expect(new Set(epoch(0)).size).toBe(9)
    expect(epoch(1)).not.toEqual(epoch(0))
  })

  it('use all captions of an image equally often over five epochs', () => {
    const batches = captionBatches({ ...options, images: 10 })
    const used = new Map<number, number>()
    for (let epoch = 0; epoch < 5; epoch++)
      for (const [id = 0] of batches.batch(epoch, 0).captions) used.set(id, (used.get(id) ?? 0) + 1)
    expect(used.size).toBe(50)
    expect(new Set(used.values())).toEqual(new Set([4]))
  })

  it('depend on seed, epoch and index alone, whatever was asked before', () => {
    const one = captionBatches(options)
    const two = captionBatches(options)
    const backwards = [2, 1, 0].flatMap((e) => [2, 1, 0].map((k) => two.batch(e, k))).reverse()
    expect([0, 1, 2].flatMap((e) => [0, 1, 2].map((k) => one.batch(e, k)))).toEqual(backwards)
    expect(captionBatches({ ...options, seed: 2 }).batch(0, 0)).not.toEqual(one.batch(0, 0))
  })

  it('repeat captions where an image has too few, and pass over images without', () => {
    const batches = captionBatches({ ...options, captions: [[[1], [2]], [], [[3]]], images: 2 })
    const { images, captions } = batches.batch(0, 0)
    expect([...images].sort()).toEqual([0, 2])
    expect(captions.map(([id]) => id).sort()).toEqual([1, 1, 2, 2, 3, 3, 3, 3])
  })

  it('repeat images where all together do not fill a batch', () => {
    const batches = captionBatches({ ...options, captions: dataset(2, 5), images: 5 })
    expect(batches.perEpoch).toBe(1)
    const counts = [0, 1].map((image) => batches.batch(0, 0).images.filter((other) => other === image).length)
    expect(counts.sort()).toEqual([2, 3])
  })

  it('cut what is too long, leaving room for start and end, and count it', () => {
    const batches = captionBatches({
      ...options,
      captions: [
        [
          [1, 2, 3, 4, 5, 6],
          [1, 2, 3],
        ],
      ],
      images: 1,
      perImage: 2,
      length: 6,
    })
    expect(batches.cut).toBe(1)
    expect(
      batches
        .batch(0, 0)
        .captions.map((ids) => ids.length)
        .sort(),
    ).toEqual([3, 4])
  })

  it('know how long their captions are before they are made', () => {
    const uneven = Array.from({ length: 7 }, (_, i) =>
      Array.from({ length: 1 + (i % 5) }, (_, c) => Array<number>(i + c).fill(1)),
    )
    const batches = captionBatches({ ...options, captions: uneven, images: 2 })
    for (const epoch of [0, 1, 2])
      for (const index of [0, 1, 2])
        expect(batches.lengths(epoch, index)).toEqual(batches.batch(epoch, index).captions.map((ids) => ids.length))
  })

  it('are refused outside the epoch', () => {
    expect(() => captionBatches(options).batch(0, 3)).toThrow('batch 3 of 3')
  })
})
