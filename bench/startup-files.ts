// A course's data and features of its size, made of few photographs and of numbers: what a run finds that is not the first of its encoder.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { random } from '../src/base/random.ts'
import { sizeOf } from '../src/base/nd-array.ts'
import type { RunConfig } from '../src/config/run-config.ts'
import { featureWriter } from '../src/data/feature-cache.ts'
import { metaOf, type FeatureRequest } from '../src/recipes/encode.ts'
import { featuresFolder } from '../src/recipes/places.ts'
import { readSplit } from '../src/recipes/split.ts'

/** Photographs under as many names as a split has images, and five captions of each, as long as people's. */
export function writeSplit(root: string, name: 'train' | 'val', count: number, photographs: string): void {
  const folder = join(root, 'p2_data/images', name)
  mkdirSync(folder, { recursive: true })
  const files = readdirSync(photographs)
  const images = Array.from({ length: count }, (_, id) => ({ id, file_name: `${String(id).padStart(12, '0')}.jpg` }))
  images.forEach(({ id, file_name }) => symlinkSync(join(photographs, files[id % files.length]!), join(folder, file_name)))
  const { below } = random(1, 'startup', name)
  const word = () => words[below(words.length)]
  const captions = images.flatMap(({ id: image_id }) =>
    Array.from({ length: 5 }, () => ({ image_id, caption: Array.from({ length: 9 + below(5) }, word).join(' ') })),
  )
  const annotations = captions.map((caption, id) => ({ ...caption, id }))
  writeFileSync(join(root, 'p2_data', `${name}.json`), JSON.stringify({ images, annotations }))
}

const words = 'a the two man dog bus street red on in with near large sitting standing water board field'.split(' ')

/** All that `captune encode` would have made for this run, of numbers that nobody computed. CAPTUNE_RUNS says where. */
export async function writeFeatures({ data, encoder, evaluate }: RunConfig): Promise<void> {
  const images = (name: 'train' | 'val') => readSplit(data.root, name).images
  const seen = { weights: encoder.weights, kind: encoder.tokens }
  await writeCache({ ...seen, images: images('train'), what: 'train' })
  await writeCache({ ...seen, images: images('val'), what: 'val' })
  await writeCache({ weights: evaluate.clip.weights, kind: 'embedding', images: images('val'), what: 'val for the judge' })
}

async function writeCache(request: FeatureRequest): Promise<void> {
  const meta = await metaOf(request)
  const writer = await featureWriter(join(featuresFolder(), meta.fingerprint), meta)
  const { normal } = random(1, 'startup', request.what)
  const row = Float32Array.from({ length: sizeOf(meta.rowShape) }, normal)
  for (let image = 0; image < meta.stems.length; image++) writer.append(row)
  writer.finish()
  writer.close()
}
