// Features of images, computed once: whoever asks again for the same images, weights and preprocessing reads them from the cache.
import { join } from 'node:path'
import { InterruptedError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { sizeOf } from '../base/nd-array.ts'
import type { Report } from '../base/progress.ts'
import {
  featureMeta,
  featuresAreComplete,
  featureWriter,
  openFeatures,
  type FeatureMeta,
  type FeatureWriter,
} from '../data/feature-cache.ts'
import { fingerprint } from '../data/fingerprint.ts'
import type { ListedImage } from '../data/label-folder.ts'
import { preprocessedImages } from '../data/preprocessed.ts'
import { transformText } from '../data/transform.ts'
import type { Engine, Precision } from '../engine/engine.ts'
import { describeAs, readPretrainedEncoder, type PretrainedEncoder } from '../models/pretrained.ts'
import { featureShape, openEncoder, type FeatureKind } from './encoder.ts'
import { likenessToFp32 } from './likeness.ts'
import { featuresFolder, hashesPath } from './places.ts'
import type { Split } from './split.ts'
import type { Task } from './task.ts'
import { requireWhole, weightsFingerprint } from './weights.ts'
import { inPrecision } from './with-engine.ts'

/** Features by the image's stem, wherever they are kept. */
export interface FeatureRows {
  readonly rowShape: readonly number[]
  /** (stems, ...rowShape); throws where a stem is unknown. */
  rows(stems: readonly string[]): Float32Array
}

/** Features in the cache. */
export interface Features extends FeatureRows {
  /** Of all that decided them; names their cache. */
  readonly fingerprint: string
  /** How near they are to those of fp32, where they are not of fp32: the mean cosine of the first images' tokens. */
  readonly cosine?: number
}

/** What an exam looks at: tokens for the captioner, embeddings for the judge. */
export interface ExamFeatures {
  readonly val: Features
  readonly judge: Features
}

/** What a training run looks at. */
export type RunFeatures = ExamFeatures & { readonly train: Features }

export interface EncodeOptions {
  readonly report: Report
  readonly signal?: AbortSignal | undefined
}

export interface FeatureRequest {
  /** Path of the encoder's weights: a CLIP's where an embedding is wanted. */
  readonly weights: string
  readonly kind: FeatureKind
  /** Default fp32. */
  readonly precision?: Precision
  /** In the order of their stems. */
  readonly images: readonly ListedImage[]
  /** For progress: "train", "val". */
  readonly what: string
}

/** Which caches a run reads, for its record (`captune cache ls` counts the runs of a cache by it), and how near int8 came to fp32. */
export function featureFacts({ train, val, judge }: ExamFeatures & Partial<RunFeatures>): Record<string, string> {
  const facts = { 'features.val': val.fingerprint, 'features.judge': judge.fingerprint }
  const rounded = val.cosine === undefined ? {} : { 'encoder.cosine': val.cosine.toFixed(5) }
  return { ...(train && { 'features.train': train.fingerprint }), ...facts, ...rounded }
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
  const { weights, tokens: kind, precision } = config.encoder
  return {
    train: await encodeImages(engine, { weights, kind, precision, images: train.images, what: 'train' }, options),
    ...(await encodeForExam(engine, { config }, val, options)),
  }
}

/** The features of validation images alone, for a captioner that is trained already and for its judge. */
export async function encodeForExam(
  engine: Engine,
  { config }: Pick<Task, 'config'>,
  val: Split,
  options: EncodeOptions,
): Promise<ExamFeatures> {
  const { weights, tokens: kind, precision } = config.encoder
  return {
    val: await encodeImages(engine, { weights, kind, precision, images: val.images, what: 'val' }, options),
    judge: await encodeImages(
      engine,
      { weights: config.evaluate.clip.weights, kind: 'embedding', images: val.images, what: 'val for the judge' },
      options,
    ),
  }
}

/** The features of `images`, from the cache or computed into it. Throws UserError on an unreadable image, InterruptedError on a stop. */
export async function encodeImages(engine: Engine, request: FeatureRequest, options: EncodeOptions): Promise<Features> {
  await requireWhole(request.weights)
  const meta = await metaOf(request)
  const folder = join(featuresFolder(), meta.fingerprint)
  if (!featuresAreComplete(folder, meta))
    await inPrecision(request.precision ?? 'fp32', engine, (chosen) => compute(chosen, request, { ...options, folder, meta }))
  return byStem(folder)
}

const roleOf = (kind: FeatureKind) => (kind === 'embedding' ? 'clip' : 'encoder')

/** What decides the features of a request, and names their cache. Reads what describes the weights and none of their values. */
export async function metaOf({ weights, kind, images, precision }: FeatureRequest): Promise<FeatureMeta> {
  const role = roleOf(kind)
  const { preprocessing, shape } = describeAs(role, fromRoot(weights))
  const files = images.map(({ file: name, path }) => ({ name, path }))
  return featureMeta({
    kind,
    weights: await weightsFingerprint({ path: weights, role }),
    transform: transformText(preprocessing),
    data: await fingerprint(files, hashesPath()),
    stems: images.map(({ stem }) => stem),
    rowShape: featureShape(shape.image, kind),
    ...(precision === 'int8' && { precision }),
  })
}

async function compute(
  engine: Engine,
  request: FeatureRequest,
  { folder, meta, ...options }: EncodeOptions & { folder: string; meta: FeatureMeta },
): Promise<void> {
  const { weights: encoder, what, precision } = request
  const { signal } = options
  const likeness = precision === 'int8' ? { cosine: await likenessToFp32(engine, readEncoder(request), request) } : {}
  const writer = await featureWriter(folder, meta, {
    patienceMs,
    origin: { encoder, images: what, ...likeness },
    ...(signal ? { signal } : {}),
  })
  try {
    // another process may have done all of the work while this one waited
    if (writer.rows < request.images.length) await encodeRest(engine, request, writer, options)
    writer.finish()
  } finally {
    writer.close()
  }
}

function readEncoder({ weights, kind }: FeatureRequest): PretrainedEncoder {
  return readPretrainedEncoder(fromRoot(weights), roleOf(kind))
}

async function encodeRest(
  engine: Engine,
  request: FeatureRequest,
  writer: FeatureWriter,
  { report, signal }: EncodeOptions,
): Promise<void> {
  const { kind, images, what, precision } = request
  const model = readEncoder(request)
  const paths = images.slice(writer.rows).map(({ path }) => path)
  const pictures = preprocessedImages(paths, model.preprocessing, { threads: engine.threads, ahead: batch })
  try {
    const encoder = await openEncoder(engine, model, { kind, batch, approximate: precision === 'int8' })
    const phase = `features of ${what}`
    report({ phase, done: writer.rows, total: images.length, unit: 'images' })
    while (writer.rows < images.length) {
      if (signal?.aborted === true)
        throw new InterruptedError(
          `stopped after the features of ${writer.rows} of ${images.length} images; the same command continues from there.`,
        )
      writer.append(await encoder.encode(await pictures.take(batch)))
      report({ phase, done: writer.rows, total: images.length, unit: 'images' })
    }
    await encoder.dispose()
  } finally {
    await pictures.close()
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
  const { meta, origin, rowShape } = cache
  return {
    fingerprint: meta.fingerprint,
    ...(origin?.cosine !== undefined && { cosine: origin.cosine }),
    rowShape,
    rows: (stems) => cache.read(stems.map(positionOf)),
  }
}

/** Bytes on disk of the features of `images` images. */
export function cacheBytes(rowShape: readonly number[], images: number): number {
  return 2 * sizeOf(rowShape) * images
}
