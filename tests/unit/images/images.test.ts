import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { packageRoot } from '../../../src/base/files.ts'
import { resizeAndCrop } from '../../../src/data/transform.ts'
import { decodeRgb } from '../../../src/images/decode.ts'
import { encodeJpeg, encodePng } from '../../../src/images/encode.ts'
import { resizeBicubic } from '../../../src/images/resize.ts'
import { crop, type Rectangle } from '../../../src/images/rgb-image.ts'
import { noise } from './noise.ts'

const fixtures = join(packageRoot, 'tests/fixtures/images')
const fixture = (name: string): unknown => JSON.parse(readFileSync(join(fixtures, name), 'utf8'))
const hash = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')

describe('resizeBicubic', () => {
  const cases = fixture('resized.json') as { from: [number, number]; to: [number, number]; sha256: string }[]
  it.each(cases)('takes $from to $to without one byte of difference to Pillow', ({ from, to, sha256 }) => {
    expect(hash(resizeBicubic(noise(...from), ...to).data)).toBe(sha256)
  })

  type Sides = [number, number]
  const parts: { from: Sides; to: Sides; seen: Rectangle }[] = [
    { from: [64, 48], to: [43, 31], seen: { left: 5, top: 3, width: 30, height: 21 } },
    { from: [64, 48], to: [64, 31], seen: { left: 7, top: 30, width: 57, height: 1 } },
    { from: [64, 48], to: [20, 48], seen: { left: 19, top: 11, width: 1, height: 37 } },
    { from: [9, 13], to: [40, 57], seen: { left: 1, top: 56, width: 39, height: 1 } },
    { from: [31, 31], to: [31, 31], seen: { left: 4, top: 5, width: 6, height: 7 } },
    { from: [1, 500], to: [8, 4000], seen: { left: 0, top: 1996, width: 8, height: 8 } },
  ]
  it.each(parts)('computes of $from at $to the part $seen alone, as if it had been cut out', ({ from, to, seen }) => {
    const image = noise(...from)
    expect(resizeBicubic(image, ...to, seen)).toEqual(crop(resizeBicubic(image, ...to), seen))
  })

  it('refuses a part that leaves the picture', () => {
    const seen = { left: 0, top: 20, width: 10, height: 3 }
    expect(() => resizeBicubic(noise(64, 48), 30, 22, seen)).toThrow('a 10 x 3 crop at (0, 20) leaves an image of 30 x 22')
  })

  it('leaves its argument alone', () => {
    const image = noise(20, 10)
    const before = hash(image.data)
    resizeBicubic(image, 7, 5)
    expect(hash(image.data)).toBe(before)
  })

  it('keeps a plain colour plain', () => {
    const image = { width: 50, height: 40, data: new Uint8Array(50 * 40 * 3).fill(201) }
    expect([...new Set(resizeBicubic(image, 33, 61).data)]).toEqual([201])
  })
})

describe('decodeRgb', () => {
  const expected = fixture('decoded.json') as Record<string, { size: [number, number]; sha256: string }>
  it.each(Object.entries(expected))('reads %s as Pillow does', async (name, { size, sha256 }) => {
    const image = await decodeRgb(join(fixtures, name))
    expect([image.width, image.height]).toEqual(size)
    expect(hash(image.data)).toBe(sha256)
  })

  it('reads bytes as it reads files', async () => {
    const bytes = readFileSync(join(fixtures, 'rgb.jpg'))
    expect(hash((await decodeRgb(bytes)).data)).toBe(expected['rgb.jpg']!.sha256)
  })

  const jpeg = readFileSync(join(fixtures, 'rgb.jpg'))
  const png = readFileSync(join(fixtures, 'rgb.png'))
  it.each([
    ['an empty file', new Uint8Array(), 'x.jpg: the image is empty (0 bytes); a JPEG or PNG file is needed.'],
    ['half a JPEG', jpeg.subarray(0, jpeg.length / 2), 'x.jpg: the image is truncated; a complete file is needed.'],
    ['a JPEG without its last bytes', jpeg.subarray(0, -40), 'x.jpg: the image is truncated; a complete file is needed.'],
    ['half a PNG', png.subarray(0, png.length / 2), 'x.jpg: the image is truncated; a complete file is needed.'],
    ['text', Buffer.from('not a picture'), 'x.jpg: this is not an image; a JPEG, PNG, WebP or GIF file is needed.'],
    [
      'a drawing',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      'x.jpg: this is not an image; a JPEG, PNG, WebP or GIF file is needed.',
    ],
    ['a TIFF', Buffer.from('II*\0........'), 'x.jpg: the image is TIFF; a JPEG, PNG, WebP or GIF file is needed.'],
    ['a BMP', Buffer.from('BM..........'), 'x.jpg: the image is BMP; a JPEG, PNG, WebP or GIF file is needed.'],
    ["a phone's HEIC", Buffer.from('\0\0\0\x18ftypheic'), 'x.jpg: the image is HEIC; a JPEG, PNG, WebP or GIF file is needed.'],
    ['an AVIF', Buffer.from('\0\0\0\x1cftypavif'), 'x.jpg: the image is AVIF; a JPEG, PNG, WebP or GIF file is needed.'],
    ['zeros', new Uint8Array(100), 'x.jpg: this is not an image; a JPEG, PNG, WebP or GIF file is needed.'],
  ])('refuses %s with a sentence', async (_, bytes, sentence) => {
    await expect(decodeRgb(bytes, 'x.jpg')).rejects.toThrow(new UserError(sentence))
  })

  it('refuses a missing file and a folder', async () => {
    await expect(decodeRgb(join(fixtures, 'none.jpg'))).rejects.toThrow(/none\.jpg: the image is missing\.$/)
    await expect(decodeRgb(fixtures)).rejects.toThrow(/is a folder; a file is needed\.$/)
  })

  it('refuses a damaged header by a UserError that names the file', async () => {
    for (let length = 1; length < png.length - 30; length += 7) {
      await expect(decodeRgb(png.subarray(0, length), 'cut.png')).rejects.toThrow(/^cut\.png: .*; .* is needed\.$/)
    }
  })

  it('reads or refuses a GIF cut anywhere, by a UserError that names the file', async () => {
    const gif = readFileSync(join(fixtures, 'offset-transparent.gif'))
    for (let length = 1; length < gif.length; length += 3) {
      const outcome = await decodeRgb(gif.subarray(0, length), 'cut.gif').catch((error: unknown) => error)
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(UserError)
        expect(outcome.message).toMatch(/^cut\.gif: .*; .* is needed\.$/)
      }
    }
  })

  it('refuses a picture of 3.6 thousand million pixels by its header', async () => {
    const huge = Buffer.from(png)
    huge.writeUInt32BE(60_000, 16)
    huge.writeUInt32BE(60_000, 20)
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29)
    await expect(decodeRgb(huge, 'huge.png')).rejects.toThrow(
      /^huge\.png: the image has more than \d+ pixels; a smaller one is needed\.$/,
    )
  })
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1))
  }
  return (crc ^ 0xffffffff) >>> 0
}

describe('encodePng and encodeJpeg', () => {
  it('give the same bytes each time; PNG gives the pixels back', async () => {
    const image = noise(21, 13)
    const png = await encodePng(image)
    expect(hash(await encodePng(image))).toBe(hash(png))
    expect(await decodeRgb(png)).toEqual(image)
    expect(hash(await encodeJpeg(image, 90))).toBe(hash(await encodeJpeg(image, 90)))
  })

  it('give pictures that look alike as JPEG', async () => {
    const image = resizeBicubic(noise(4, 4), 64, 64)
    const back = await decodeRgb(await encodeJpeg(image, 95))
    const difference = image.data.reduce((sum, value, i) => sum + Math.abs(value - back.data[i]!), 0) / image.data.length
    expect(difference).toBeLessThan(2)
  })
})

describe('crop', () => {
  it('takes the rectangle', () => {
    const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i) }
    expect([...crop(image, { left: 1, top: 1, width: 2, height: 1 }).data]).toEqual([12, 13, 14, 15, 16, 17])
  })

  it('refuses one that leaves the image', () => {
    expect(() => crop(noise(3, 2), { left: 2, top: 0, width: 2, height: 2 })).toThrow(
      'a 2 x 2 crop at (2, 0) leaves an image of 3 x 2',
    )
  })
})

const testData = process.env['CAPTUNE_TEST_DATA']
describe.skipIf(testData === undefined)(
  `the 80 photographs${testData === undefined ? ' (skipped: CAPTUNE_TEST_DATA is not set)' : ''}`,
  () => {
    it('are decoded, resized and cropped to 224 without one byte of difference to Pillow', async () => {
      const expected = fixture('photographs.json') as Record<string, string>
      const folder = join(testData!, 'coco-mini/images')
      const names = readdirSync(folder).sort()
      const found = await Promise.all(
        names.map(async (name) => {
          const seen = resizeAndCrop(await decodeRgb(join(folder, name)), { size: 224, mean: [0, 0, 0], std: [1, 1, 1] })
          return [name, hash(seen.data)]
        }),
      )
      expect(Object.fromEntries(found)).toEqual(expected)
    })
  },
)
