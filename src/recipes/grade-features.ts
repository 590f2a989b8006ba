// Features for a grader: kept in memory, because nothing may be written beside the program, rounded to float16 as in the cache, so that
// captions are those that were scored; and an image that cannot be read stops nothing.
import { availableParallelism } from 'node:os'
import { UserError } from '../base/errors.ts'
import { floatToHalf, halfToFloat } from '../base/half.ts'
import { sizeOf } from '../base/nd-array.ts'
import type { Report } from '../base/progress.ts'
import type { ListedImage } from '../data/label-folder.ts'
import { preprocessedImages, type PreprocessedImages } from '../data/preprocessed.ts'
import type { Engine } from '../engine/engine.ts'
import type { PretrainedEncoder } from '../models/pretrained.ts'
import type { FeatureRows } from './encode.ts'
import { openEncoder, type FeatureKind } from './encoder.ts'

export interface GradedFeatures {
  /** Of the images that could be read. */
  readonly features: FeatureRows
  readonly readable: readonly ListedImage[]
  /** A sentence for each image that could not. */
  readonly unreadable: readonly string[]
}

const batch = 32

export interface ToEncode {
  readonly model: PretrainedEncoder
  readonly kind: FeatureKind
  readonly images: readonly ListedImage[]
  /** Told of each batch as soon as its features are there. */
  readonly encoded?: (images: readonly ListedImage[], features: FeatureRows) => void
}

/** Encodes images in their order. */
export async function gradedFeatures(
  engine: Engine,
  { model, kind, images, encoded }: ToEncode,
  report: Report,
): Promise<GradedFeatures> {
  const pictures = preprocessedImages(images.map(({ path }) => path), model.preprocessing, { threads: availableParallelism(), ahead: batch }) // prettier-ignore
  try {
    const encoder = await openEncoder(engine, model, { kind, batch })
    const size = sizeOf(encoder.rowShape)
    const rows = new Map<string, Uint16Array>()
    const features = featuresIn(rows, encoder.rowShape)
    const unreadable: string[] = []
    for (let i = 0; i < images.length; i += batch) {
      const read = await readableOf(images.slice(i, i + batch), pictures, unreadable)
      const made = await encoder.encode(read.map(({ pixels }) => pixels))
      read.forEach(({ image }, row) => rows.set(image.stem, floatToHalf(made.subarray(row * size, (row + 1) * size))))
      encoded?.(read.map(({ image }) => image), features) // prettier-ignore
      report({ phase: 'images', done: Math.min(i + batch, images.length), total: images.length, unit: 'images' })
    }
    await encoder.dispose()
    return { features, readable: images.filter(({ stem }) => rows.has(stem)), unreadable }
  } finally {
    await pictures.close()
  }
}

/** The images among the next ones that can be read; of the others, why not. */
async function readableOf(images: readonly ListedImage[], pictures: PreprocessedImages, unreadable: string[]) {
  const read: { image: ListedImage; pixels: Float32Array }[] = []
  for (const image of images) {
    try {
      const [pixels] = await pictures.take(1)
      read.push({ image, pixels: pixels! })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      unreadable.push(error.message)
    }
  }
  return read
}

function featuresIn(rows: ReadonlyMap<string, Uint16Array>, rowShape: readonly number[]): FeatureRows {
  const size = sizeOf(rowShape)
  return {
    rowShape,
    rows(stems) {
      const values = new Float32Array(stems.length * size)
      stems.forEach((stem, i) => {
        const row = rows.get(stem)
        if (row === undefined) throw new Error(`no features of image ${stem}`)
        halfToFloat(row, values.subarray(i * size, (i + 1) * size))
      })
      return values
    },
  }
}
