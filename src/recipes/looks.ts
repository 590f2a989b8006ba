// Where a captioner looks for each token of captions that it wrote: one pass over the finished captions, which gives the numbers of the
// search itself, be it greedy or a beam's.
import { floats, ints, sizeOf, type FloatArray, type NamedArrays } from '../base/nd-array.ts'
import type { Engine } from '../engine/engine.ts'
import type { Tensor } from '../engine/ops.ts'
import { captionAttention } from '../models/captioner.ts'
import { bind } from '../nn/scope.ts'
import { attentionRollout } from './attention-rollout.ts'
import { assemble, type CaptionerPlan } from './captioner.ts'

/** Of one caption. Row t is where the model looked when it chose token t. */
export interface Looks {
  /** [layers that look, H, rows, N] */
  readonly attention: FloatArray
  /** [rows, N] */
  readonly rollout: FloatArray
}

export interface Looking {
  /** For the features (images, N, W) of at most `images` images: where was looked for each chosen token of their captions. */
  looks(features: Float32Array, chosen: readonly (readonly number[])[]): Promise<Looks[]>
  dispose(): Promise<void>
}

export interface LookingOptions {
  readonly plan: CaptionerPlan
  readonly start: number
  /** The most tokens that are chosen for a caption, an end token among them. */
  readonly maxLength: number
  /** Images looked at together. */
  readonly images: number
  /** Encoder tokens per image. */
  readonly tokens: number
}

/** Compiles the pass over captions; `weights` are the frozen and the trained ones. */
export async function openLooking(engine: Engine, weights: NamedArrays, options: LookingOptions): Promise<Looking> {
  const { plan, start, maxLength, images, tokens } = options
  const shape = [images, tokens, plan.cross_attention.encoderWidth]
  const program = await engine.compile(
    ({ frozen, inputs: { features, ids } }) => {
      const { image, text } = captionAttention(assemble(bind(frozen), bind(frozen), plan), features!, ids!)
      return { outputs: { ...numbered('image', image), ...numbered('text', text) } }
    },
    {
      label: 'caption attention',
      frozen: weights,
      inputs: { features: { dtype: 'float32', shape }, ids: { dtype: 'int32', shape: [images, maxLength] } },
    },
  )
  return {
    async looks(features, chosen) {
      const ids = ints([images, maxLength])
      chosen.forEach((tokens, row) => ids.data.set([start, ...tokens.slice(0, -1)], row * maxLength))
      const all = floats(shape)
      all.data.set(features)
      const made = await program.run({ features: all, ids })
      return chosen.map((tokens, image) => looksOf(made, image, tokens.length, plan))
    },
    dispose: () => program.dispose(),
  }
}

const numbered = (kind: 'image' | 'text', layers: readonly Tensor[]) =>
  Object.fromEntries(layers.map((weights, i) => [`${kind}.${i}`, weights]))

/** The layers that look at the image, counted from 0. */
export function lookingLayers({ decoder, cross_attention: { layers } }: CaptionerPlan): number[] {
  return [...Array(decoder.layers).keys()].filter((layer) => layers === 'all' || layers.includes(layer))
}

/** Of one image; what is behind the last row that chose a token is padding, which no row before it sees. */
function looksOf(made: NamedArrays, image: number, rows: number, plan: CaptionerPlan): Looks {
  const of = (name: string) => slice(made[name] as FloatArray, image)
  const looking = lookingLayers(plan)
  const images = looking.map((_, i) => of(`image.${i}`)) // each [H, T, N]
  const layers = Array.from({ length: plan.decoder.layers }, (_, layer) => ({
    text: meanOf(of(`text.${layer}`)),
    image: looking.includes(layer) ? meanOf(images[looking.indexOf(layer)]!) : undefined,
  }))
  const [heads, length, tokens] = images[0]!.shape as [number, number, number]
  const attention = floats([images.length, heads, rows, tokens])
  const kept = rows * tokens
  images.forEach(({ data }, layer) => {
    for (let head = 0; head < heads; head++)
      attention.data.set(data.subarray(head * length * tokens, head * length * tokens + kept), (layer * heads + head) * kept)
  })
  return { attention, rollout: floats([rows, tokens], attentionRollout(layers).data.slice(0, kept)) }
}

/** Number `i` along the first axis. */
function slice({ shape: [, ...shape], data }: FloatArray, i: number): FloatArray {
  return floats(shape, data.subarray(i * sizeOf(shape), (i + 1) * sizeOf(shape)))
}

/** The mean along the first axis. */
function meanOf(array: FloatArray): FloatArray {
  const [count, ...shape] = array.shape as [number, ...number[]]
  const size = sizeOf(shape)
  const mean = floats(shape)
  array.data.forEach((value, i) => (mean.data[i % size]! += value / count))
  return mean
}
