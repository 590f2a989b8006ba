import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fixedSample, readSplit, scorable, splitOf } from '../../../src/recipes/split.ts'

const names = ['9', '10', 'b', 'a']
const content = {
  images: names.map((name, id) => ({ id, file_name: `${name}.jpg` })),
  annotations: [
    { image_id: 0, caption: 'nine' },
    { image_id: 3, caption: ' a,\nfirst ' },
    { image_id: 1, caption: 'ten' },
    { image_id: 3, caption: 'a, second' },
  ],
}

/** A data root whose validation split is `content`. */
function root({ images = names } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'captune-split-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'p2_data/images/val'), { recursive: true })
  writeFileSync(join(folder, 'p2_data/val.json'), JSON.stringify(content))
  for (const name of images) writeFileSync(join(folder, 'p2_data/images/val', `${name}.jpg`), '')
  return folder
}

describe('a split', () => {
  it('has its images in the order of their stems and every caption as it stands in the file', () => {
    const split = readSplit(root(), 'val')
    expect(split.images.map(({ stem }) => stem)).toEqual(['10', '9', 'a', 'b'])
    expect(split.images[0]?.path).toMatch(/p2_data\/images\/val\/10\.jpg$/)
    expect(split.references).toEqual({ '9': ['nine'], '10': ['ten'], a: [' a,\nfirst ', 'a, second'] })
    expect(split.warnings).toEqual([expect.stringContaining('1 of 4 images have no caption: b.jpg')])
  })

  it('is scored without the images that nobody captioned', () => {
    expect(scorable(readSplit(root(), 'val')).images.map(({ stem }) => stem)).toEqual(['10', '9', 'a'])
  })

  it('is refused where a captioned image is missing, unless only texts count', () => {
    const folder = root({ images: ['9', 'a'] })
    expect(() => readSplit(folder, 'val')).toThrow(/val: 2 of 4 captioned images are missing: 10\.jpg, b\.jpg\.$/)
    expect(splitOf(join(folder, 'p2_data/val.json')).images).toHaveLength(4)
  })
})

describe('the subset that chooses checkpoints', () => {
  const split = {
    images: Array.from({ length: 50 }, (_, i) => ({ stem: `${i + 10}`, file: `${i + 10}.jpg`, path: '' })),
    references: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i + 10}`, [`caption ${i}`]])),
    warnings: [],
  }

  it('is the same in every run, spread over the split, in the order of the stems', () => {
    const stems = fixedSample(split, 10).images.map(({ stem }) => stem)
    expect(fixedSample(split, 10).images.map(({ stem }) => stem)).toEqual(stems)
    expect(new Set(stems).size).toBe(10)
    expect(stems).toEqual(stems.toSorted())
    expect(stems).not.toEqual(split.images.slice(0, 10).map(({ stem }) => stem))
    expect(Object.keys(fixedSample(split, 10).references).toSorted()).toEqual(stems)
  })

  it('is the whole split where that is smaller', () => {
    expect(fixedSample(split, 200)).toEqual({ ...split, references: split.references })
  })
})
