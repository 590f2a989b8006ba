import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { listImages, readClasses, readLabelFolder } from '../../../src/data/label-folder.ts'
import { openClassifier, predictedClasses, topClasses, zeroShot } from '../../../src/recipes/classify.ts'
import { encodeImages } from '../../../src/recipes/encode.ts'
import { labelsCsv } from '../../../src/recipes/labels.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { oneThread, place, quiet, worldIn } from './small-world.ts'

const world = worldIn(place(), { train: 1, val: 1, perClass: 10 })
const clip = { weights: 'weights/shapes/clip.safetensors', vocabulary: 'weights/shapes/clip-vocabulary.txt.gz' }

/** The share of problem 1's images that the shipped CLIP puts into the right one of 50 classes. */
async function accuracy(...templates: string[]): Promise<number> {
  const classes = readClasses(join(world, 'p1_data/id2label.json'))
  const { images } = readLabelFolder(join(world, 'p1_data/val'), classes)
  const logits = await withEngine(oneThread, (engine) => zeroShot(engine, { clip, images, classes, templates }, quiet))
  const predicted = predictedClasses(logits, classes)
  return images.filter(({ label }, i) => label === predicted[i]).length / images.length
}

describe('the CLIP of the built-in world', () => {
  it('names at least 95 % of 500 images without having been trained for it', async () => {
    expect(await accuracy('This is a photo of {object}')).toBeGreaterThanOrEqual(0.95)
  })

  it('still knows them with several templates together, also odd ones', async () => {
    expect(await accuracy('This is a photo of {}', 'This is not a photo of {}', 'No {}, no score.')).toBeGreaterThanOrEqual(0.8)
  })

  it('names one in fifty where the template has no place for the class', async () => {
    expect(await accuracy('This is a photo')).toBeLessThan(0.05)
  })
})

interface Golden {
  readonly templates: Readonly<Record<string, readonly string[]>>
  /** By set of templates and file: the probability of each class. */
  readonly probabilities: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>
}

describe('the probabilities of the classes', () => {
  const fixtures = fromRoot('tests/fixtures/classify')
  const golden = JSON.parse(readFileSync(join(fixtures, 'golden.json'), 'utf8')) as Golden
  const classes = readClasses(join(fixtures, 'id2label.json'))
  const { images } = listImages(join(fixtures, 'images'))

  it.each(Object.keys(golden.templates))('are those of open_clip on PyTorch: %s', async (set) => {
    const found = await withEngine(oneThread, async (engine) => {
      const request = { weights: clip.weights, kind: 'embedding', images, what: 'images' } as const
      const features = await encodeImages(engine, request, quiet)
      const classifier = await openClassifier(engine, { clip, classes, templates: golden.templates[set]! })
      return images.map(({ stem }) => topClasses(classifier.logits(features.rows([stem])), classes, classes.size))
    })
    images.forEach(({ file }, i) => {
      const expected = golden.probabilities[set]![file]!
      expect(found[i]).toHaveLength(50)
      for (const { label, probability } of found[i]!) expect(Math.abs(probability - expected[label]!)).toBeLessThan(1e-3) // embeddings are cached in float16
      expect(found[i]![0]!.label).toBe(expected.indexOf(Math.max(...expected)))
    })
  })

  it('sum to one, the highest first, of equals the lower class', () => {
    const three = new Map([
      [3, 'star'],
      [7, 'heart'],
      [40, 'moon'],
    ])
    const ranked = topClasses(Float64Array.of(100, 101, 100), three, 2)
    expect(ranked.map(({ label, name }) => [label, name])).toEqual([[7, 'heart'], [3, 'star']]) // prettier-ignore
    expect(ranked[0]!.probability).toBeCloseTo(Math.E / (Math.E + 2), 12)
    expect(predictedClasses([Float64Array.of(0.1, 0.3, 0.2), Float64Array.of(-900, -1, 800)], three)).toEqual([7, 40])
  })
})

describe("the grader's CSV of labels", () => {
  it('has its header and a line for each image, names quoted where they must be', () => {
    const rows = [{ file: '40_454.png', label: 13 }, { file: 'a, "b".png', label: 0 }] // prettier-ignore
    expect(labelsCsv(rows)).toBe('filename,label\n40_454.png,13\n"a, ""b"".png",0\n')
  })
})
