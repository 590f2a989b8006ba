// What a training does with its data before and between its steps: reads the annotations, looks at every image's file, makes batches, and
// reads the features of fifty of them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '../src/base/random.ts'
import { featureMeta, featureWriter, openFeatures } from '../src/data/feature-cache.ts'
import { fingerprint } from '../src/data/fingerprint.ts'
import type { Engine } from '../src/engine/engine.ts'
import { readSplit } from '../src/recipes/split.ts'
import { trainingBatches } from '../src/recipes/training-batches.ts'
import { writeSplit } from './startup-files.ts'
import { fullSizes, taskOf } from './sizes.ts'
import type { Prepared } from './turns.ts'

/** As wide as ViT-B/32's. */
const rowShape = [50, 768]
const read = 50

export async function dataWork(_: Engine, { images }: { images: number }): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), 'captune-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const photographs = join(folder, 'photographs')
  mkdirSync(photographs)
  writeFileSync(join(photographs, 'one.jpg'), 'no one looks into it')
  writeSplit(folder, 'train', images, photographs)
  const files = () => readSplit(folder, 'train').images.map(({ file: name, path }) => ({ name, path }))
  const hashes = join(folder, 'hashes.json')
  const data = await fingerprint(files(), hashes)
  const cache = join(folder, 'features')
  await writeFeatures(cache, data, readSplit(folder, 'train').images.map(({ stem }) => stem)) // prettier-ignore
  const task = taskOf(fullSizes)

  async function work(): Promise<void> {
    await fingerprint(files(), hashes)
    const split = readSplit(folder, 'train')
    const batches = trainingBatches(task, split)
    const features = openFeatures(cache)
    const at = new Map(split.images.map(({ stem }, position) => [stem, position]))
    for (let index = 0; index < read; index++)
      features.read(batches.batch(0, index % batches.perEpoch).stems.map((stem) => at.get(stem)!))
    features.close()
  }
  return { work, facts: { images } }
}

async function writeFeatures(folder: string, data: string, stems: readonly string[]): Promise<void> {
  const meta = featureMeta({ kind: 'all', weights: 'none', transform: 'none', data, stems, rowShape })
  const writer = await featureWriter(folder, meta)
  const row = new Float32Array(rowShape[0]! * rowShape[1]!)
  random(1, 'growth').fillNormal(row, 1)
  for (let image = 0; image < stems.length; image++) writer.append(row)
  writer.finish()
  writer.close()
}
