import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readClasses, readLabelFolder } from '../../../src/data/label-folder.ts'
import { predictedClasses, zeroShot } from '../../../src/recipes/classify.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { oneThread, place, quiet, worldIn } from './small-world.ts'

const world = worldIn(place(), { train: 1, val: 1, perClass: 10 })
const clip = { weights: 'weights/shapes/clip.safetensors', vocabulary: 'weights/shapes/clip-vocabulary.txt.gz' }

/** The share of problem 1's images that the shipped CLIP puts into the right one of 50 classes. */
async function accuracy(...templates: string[]): Promise<number> {
  const classes = readClasses(join(world, 'p1_data/id2label.json'))
  const { images } = readLabelFolder(join(world, 'p1_data/val'), classes)
  const scores = await withEngine(oneThread, (engine) => zeroShot(engine, { clip, images, classes, templates }, quiet))
  const predicted = predictedClasses(scores, classes)
  return images.filter(({ label }, i) => label === predicted[i]).length / images.length
}

describe('the CLIP of the built-in world', () => {
  it('names at least 90 % of 500 images without having been trained for it', async () => {
    expect(await accuracy('This is a photo of {}')).toBeGreaterThanOrEqual(0.9)
  })

  it('still knows them with several templates together, also odd ones', async () => {
    expect(await accuracy('This is a photo of {}', 'This is not a photo of {}', 'No {}, no score.')).toBeGreaterThanOrEqual(0.8)
  })

  it('names one in fifty where the template has no place for the class', async () => {
    expect(await accuracy('This is a photo')).toBeLessThan(0.05)
  })
})

describe('the class of an image', () => {
  it('is the one with the highest cosine, by its number', () => {
    const classes = new Map([
      [3, 'star'],
      [7, 'heart'],
      [40, 'moon'],
    ])
    expect(predictedClasses([Float64Array.of(0.1, 0.3, 0.2), Float64Array.of(0, -1, 0.5)], classes)).toEqual([7, 40])
  })
})
