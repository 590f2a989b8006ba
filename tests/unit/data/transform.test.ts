import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../../src/base/files.ts'
import { preprocess, seenPart, transformText, type Preprocessing } from '../../../src/data/transform.ts'
import { noise } from '../images/noise.ts'

interface Case extends Preprocessing {
  from: [number, number]
  first: number[]
  sha256: string
}
const cases = JSON.parse(readFileSync(join(packageRoot, 'tests/fixtures/images/transformed.json'), 'utf8')) as Case[]
const clip = { size: 224, mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] }

describe('preprocess', () => {
  it.each(cases)(
    "gives torchvision's very bits for $from to $size, $crop of $crop_pct",
    ({ from, first, sha256, ...preprocessing }) => {
      const values = preprocess(noise(...from), preprocessing)
      expect(values.length).toBe(3 * preprocessing.size ** 2)
      expect([...values.subarray(0, 3)]).toEqual(first)
      expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(sha256)
    },
  )

  it('refuses a crop that is larger than the resized picture', () => {
    expect(() => preprocess(noise(8, 8), { ...clip, crop_pct: 1.2 })).toThrow('crop_pct is 1.2, at most 1 is possible')
  })
})

describe('transformText', () => {
  it('names all that changes a pixel and fills in defaults', () => {
    expect(transformText(clip)).toBe(
      'rgb; bicubic 224 center; crop 224; mean 0.48145466 0.4578275 0.40821073; std 0.26862954 0.26130258 0.27577711',
    )
    expect(transformText({ ...clip, crop_pct: 1, crop: 'center', interpolation: 'bicubic' })).toBe(transformText(clip))
    expect(transformText({ ...clip, crop_pct: 0.9 })).toContain('bicubic 248 center; crop 224')
  })
})

describe('seenPart', () => {
  it('is the middle square of a picture that is cropped, in its own pixels', () => {
    expect(seenPart({ width: 640, height: 480 }, clip)).toMatchObject({ top: 0, height: 480 })
    const { left, width } = seenPart({ width: 640, height: 480 }, clip)
    expect(width).toBeCloseTo(480, -1)
    expect(left).toBeCloseTo((640 - width) / 2, 0)
  })

  it('is smaller where the crop keeps a share alone, and as wide as the picture where it is squashed', () => {
    const { left, top, width, height } = seenPart({ width: 500, height: 250 }, { ...clip, crop_pct: 0.9, crop: 'squash' })
    expect([left / 500, top / 250, width / 500, height / 250].map((share) => share.toFixed(3))).toEqual([
      ...['0.048', '0.048'], // 12 of 248
      ...['0.903', '0.903'],
    ])
  })
})
