import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { topAndBottom } from '../../../src/report/top-and-bottom.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

async function readerOf(scores: Readonly<Record<string, number | undefined>>) {
  const folder = temporaryFolder()
  const writer = await writerIn(folder, 'a')
  writer.environment({ 'data.fingerprint': 'feed' })
  const images = Object.keys(scores)
  writer.references('feed', images.map((image) => ({ image, path: `val/${image}.jpg`, captions: [`one of ${image}`, `two of ${image}`] }))) // prettier-ignore
  writer.samples('val', 7, images.map((image) => ({ image, caption: `found of ${image}`, cider: 0.5, clipscore: scores[image] }))) // prettier-ignore
  await writer.finish('finished')
  return openReader(join(folder, 'runs.db'))
}

describe('the pairs at either end of CLIPScore', () => {
  it('are the best and the worst with their captions, references and images', async () => {
    const reader = await readerOf({ a: 0.7, b: 0.9, c: 0.2, d: 0.6 })
    const { top, bottom, of } = topAndBottom(reader, 'a')
    expect(of).toBe(4)
    expect(top).toEqual([
      {
        image: 'b',
        path: 'val/b.jpg',
        caption: 'found of b',
        clipscore: 0.9,
        cider: 0.5,
        references: ['one of b', 'two of b'],
      },
    ])
    expect(bottom.map(({ image }) => image)).toEqual(['c'])
    const two = topAndBottom(reader, 'a', { count: 2 })
    expect(two.top.map(({ image }) => image)).toEqual(['b', 'a'])
    expect(two.bottom.map(({ image }) => image)).toEqual(['c', 'd'])
    reader.close()
  })

  it('are of the scored pairs alone, the earlier name better among equals, and no pair is at both ends', async () => {
    const reader = await readerOf({ a: 0.5, b: 0.5, c: undefined, d: 0.5 })
    const { top, bottom, of } = topAndBottom(reader, 'a', { count: 2 })
    expect([top.map(({ image }) => image), bottom.map(({ image }) => image), of]).toEqual([['a', 'b'], ['d'], 3])
    expect(topAndBottom(reader, 'unknown')).toEqual({ top: [], bottom: [], of: 0 })
    reader.close()
  })
})
