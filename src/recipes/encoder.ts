// An image encoder ready for batches of one size: pixels in, tokens or an embedding out.
import { floats, sizeOf } from '../base/nd-array.ts'
import type { Engine } from '../engine/engine.ts'
import * as ops from '../engine/ops.ts'
import type { PretrainedEncoder } from '../models/pretrained.ts'
import { vit, vitEmbedding, vitTokenCount, vitTokens, type VitShape } from '../models/vit.ts'
import { bind } from '../nn/scope.ts'

/** `all`: class token and patches; `patches`: the patches alone; `embedding`: the vector that CLIP compares with texts. */
export type FeatureKind = 'all' | 'patches' | 'embedding'

export interface Encoder {
  /** What one image becomes: [tokens, width] or [embedding]. */
  readonly rowShape: readonly number[]
  /** The images that are encoded together. */
  readonly batch: number
  /** Features (images, ...rowShape) of at most `batch` preprocessed images. */
  encode(images: readonly Float32Array[]): Promise<Float32Array>
  dispose(): Promise<void>
}

/** [tokens, width] of token features, [embedding] of an embedding; throws where a tower that never met texts is asked for one. */
export function featureShape(shape: VitShape, kind: FeatureKind): number[] {
  if (kind === 'embedding') {
    if (shape.embedding === undefined) throw new Error('a tower without a projection has no embedding')
    return [shape.embedding]
  }
  return [vitTokenCount(shape) - (kind === 'patches' ? 1 : 0), shape.width]
}

export interface EncoderOptions {
  readonly kind: FeatureKind
  /** The images that are encoded together. */
  readonly batch: number
  /** Whether the engine's precision will do; without it features are those of fp32. */
  readonly approximate?: boolean
}

/** Compiles the image tower for batches of `batch` images. */
export async function openEncoder(
  engine: Engine,
  model: Pick<PretrainedEncoder, 'shape' | 'weights'>,
  { kind, batch, approximate = false }: EncoderOptions,
): Promise<Encoder> {
  const shape = model.shape.image
  const rowShape = featureShape(shape, kind)
  const inputShape = [batch, 3, shape.size, shape.size]
  const program = await engine.compile(
    ({ frozen, inputs }) => {
      const tower = vit(bind(frozen, 'visual.'), shape)
      const tokens = vitTokens(tower, inputs['images']!) // (B, 1 + patches, width)
      const features = {
        all: () => tokens,
        patches: () => ops.slice(tokens, [0, 1, 0], [-1, -1, -1]),
        embedding: () => vitEmbedding(tower, tokens),
      }
      return { outputs: { features: features[kind]() } }
    },
    {
      label: `encode ${kind}`,
      frozen: model.weights,
      inputs: { images: { dtype: 'float32', shape: inputShape } },
      approximate,
    },
  )
  const pixels = sizeOf(inputShape) / batch

  return {
    rowShape,
    batch,
    async encode(images) {
      const stacked = new Float32Array(batch * pixels) // a last batch that is not full ends in black images, dropped again
      images.forEach((image, i) => stacked.set(image, i * pixels))
      const { features } = await program.run({ images: floats(inputShape, stacked) })
      return (features!.data as Float32Array).subarray(0, images.length * sizeOf(rowShape))
    },
    dispose: () => program.dispose(),
  }
}
