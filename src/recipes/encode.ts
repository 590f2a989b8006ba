// Features of images, computed once: whoever asks again for the same images, weights and preprocessing reads them from the cache.
import { join } from 'node:path'
import { InterruptedError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { sizeOf } from '../base/nd-array.ts'
import type { Report } from '../base/progress.ts'
import { featureMeta, featuresAreComplete, featureWriter, openFeatures, type FeatureMeta } from '../data/feature-cache.ts'
import { fingerprint } from '../data/fingerprint.ts'
import type { ListedImage } from '../data/label-folder.ts'
import { preprocess, transformText } from '../data/transform.ts'
import type { Engine } from '../engine/engine.ts'
import { decodeRgb } from '../images/decode.ts'
import { readPretrainedClip, type PretrainedClip } from '../models/pretrained.ts'
import { featureShape, openEncoder, type FeatureKind } from './encoder.ts'
import { featuresFolder, hashesPath } from './places.ts'
import type { Split } from './split.ts'
import type { Task } from './task.ts'

/** Features by the image's stem. */
export interface Features {
  readonly rowShape: readonly number[]
  /** (stems, ...rowShape); throws where a stem is unknown. */
  rows(stems: readonly string[]): Float32Array
}

/** What a run looks at: tokens for the captioner, embeddings for the judge. */
export interface RunFeatures {
  readonly train: Features
  readonly val: Features
  readonly judge: Features
}

export interface EncodeOptions {
  readonly report: Report
  readonly signal?: AbortSignal | undefined
}

interface Request {
  /** Path of a CLIP's weights. */
  readonly weights: string
  readonly kind: FeatureKind
  /** In the order of their stems. */
  readonly images: readonly ListedImage[]
  /** For progress: "train", "val". */
  readonly what: string
}

const batch = 32
/** How long a run waits for another that is computing the same features. */
const patienceMs = 30 * 60_000

/** The features of a run's splits, from the cache where they are there. Throws UserError on an unreadable image. */
export async function encodeForRun(
  engine: Engine,
  { config }: Pick<Task, 'config'>,
  { train, val }: { train: Split; val: Split },
  options: EncodeOptions,
): Promise<RunFeatures> {
  const { weights, tokens: kind } = config.encoder
  return {
    train: await encodeImages(engine, { weights, kind, images: train.images, what: 'train' }, options),
    val: await encodeImages(engine, { weights, kind, images: val.images, what: 'val' }, options),
    judge: await encodeImages(
      engine,
      { weights: config.evaluate.clip.weights, kind: 'embedding', images: val.images, what: 'val for the judge' },
      options,
    ),
  }
}

/** The features of `images`, from the cache or computed into it. Throws UserError on an unreadable image, InterruptedError on a stop. */
export async function encodeImages(engine: Engine, request: Request, options: EncodeOptions): Promise<Features> {
  const model = readPretrainedClip(fromRoot(request.weights))
  const meta = await metaOf(request, model)
  const folder = join(featuresFolder(), meta.fingerprint)
  if (!featuresAreComplete(folder, meta)) await compute(engine, model, request, { ...options, folder, meta })
  return byStem(folder)
}

async function metaOf({ weights, kind, images }: Request, model: PretrainedClip): Promise<FeatureMeta> {
  const files = images.map(({ file: name, path }) => ({ name, path }))
  return featureMeta({
    kind,
    weights: await fingerprint([{ name: 'weights', path: fromRoot(weights) }], hashesPath()),
    transform: transformText(model.preprocessing),
    data: await fingerprint(files, hashesPath()),
    stems: images.map(({ stem }) => stem),
    rowShape: featureShape(model.shape.image, kind),
  })
}

async function compute(
  engine: Engine,
  model: PretrainedClip,
  { kind, images, what }: Request,
  { folder, meta, report, signal }: EncodeOptions & { folder: string; meta: FeatureMeta },
): Promise<void> {
  const writer = await featureWriter(folder, meta, { patienceMs, ...(signal ? { signal } : {}) })
  try {
    if (writer.rows === images.length) return writer.finish() // another process did the work while this one waited
    const encoder = await openEncoder(engine, model, kind, batch)
    const phase = `features of ${what}`
    report({ phase, done: writer.rows, total: images.length, unit: 'images' })
    while (writer.rows < images.length) {
      if (signal?.aborted === true)
        throw new InterruptedError(
          `stopped after the features of ${writer.rows} of ${images.length} images; the same command continues from there.`,
        )
      const next = images.slice(writer.rows, writer.rows + batch)
      const pixels = await Promise.all(next.map(async ({ path }) => preprocess(await decodeRgb(path), model.preprocessing)))
      writer.append(await encoder.encode(pixels))
      report({ phase, done: writer.rows, total: images.length, unit: 'images' })
    }
    await encoder.dispose()
    writer.finish()
  } finally {
    writer.close()
  }
}

function byStem(folder: string): Features {
  const cache = openFeatures(folder)
  const positions = new Map(cache.meta.stems.map((stem, position) => [stem, position]))
  const positionOf = (stem: string) => {
    const position = positions.get(stem)
    if (position === undefined) throw new Error(`${folder}: no features of image ${stem}`)
    return position
  }
  return { rowShape: cache.rowShape, rows: (stems) => cache.read(stems.map(positionOf)) }
}

/** Bytes on disk of the features of `images` images. */
export function cacheBytes(rowShape: readonly number[], images: number): number {
  return 2 * sizeOf(rowShape) * images
}
