// How near an encoder's features in int8 come to those of fp32, on the images at hand: what holds for one tower need not hold for another.
import { UserError } from '../base/errors.ts'
import type { ListedImage } from '../data/label-folder.ts'
import { preprocessedImages } from '../data/preprocessed.ts'
import type { Engine } from '../engine/engine.ts'
import type { PretrainedEncoder } from '../models/pretrained.ts'
import { openEncoder, type FeatureKind } from './encoder.ts'

/** As many images as are compared. */
const sample = 32
const least = 0.99

interface Compared {
  /** Path of the encoder's weights, for the message. */
  readonly weights: string
  readonly kind: FeatureKind
  readonly images: readonly ListedImage[]
}

/** The mean cosine between tokens of the first images on an int8 engine and in fp32. UserError where it is under 0.99: such features are others. */
export async function likenessToFp32(
  engine: Engine,
  model: PretrainedEncoder,
  { weights, kind, images }: Compared,
): Promise<number> {
  const paths = images.slice(0, sample).map(({ path }) => path)
  const pictures = preprocessedImages(paths, model.preprocessing, { threads: engine.threads, ahead: sample })
  try {
    const pixels = await pictures.take(sample)
    const rounded = await encoded(engine, model, { kind, pixels, approximate: true })
    const exact = await encoded(engine, model, { kind, pixels, approximate: false })
    const { width, embedding } = model.shape.image
    const cosine = meanCosine(rounded, exact, kind === 'embedding' ? embedding! : width)
    if (cosine >= least) return cosine
    throw new UserError(
      `encoder.precision: int8 changes the features of ${weights} (cosine ${cosine.toFixed(3)} to those of fp32); fp32 is needed.`,
    )
  } finally {
    await pictures.close()
  }
}

async function encoded(
  engine: Engine,
  model: PretrainedEncoder,
  { kind, pixels, approximate }: { kind: FeatureKind; pixels: readonly Float32Array[]; approximate: boolean },
): Promise<Float32Array> {
  const encoder = await openEncoder(engine, model, { kind, batch: sample, approximate })
  const features = await encoder.encode(pixels)
  await encoder.dispose()
  return features
}

/** Between the rows of two arrays (rows, width), in the mean over rows. */
export function meanCosine(a: Float32Array, b: Float32Array, width: number): number {
  let sum = 0
  for (let start = 0; start < a.length; start += width) {
    let [product, squaresA, squaresB] = [0, 0, 0]
    for (let i = start; i < start + width; i++) {
      product += a[i]! * b[i]!
      squaresA += a[i]! ** 2
      squaresB += b[i]! ** 2
    }
    sum += product / Math.sqrt(squaresA * squaresB || 1)
  }
  return (sum * width) / a.length
}
