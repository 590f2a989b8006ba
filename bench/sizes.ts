// The two captioners that are measured, as sizes: the demo's and the full-size one. Captune and its peers are given the same.
import { loadRunConfig } from '../src/config/load.ts'
import { fromRoot } from '../src/base/files.ts'
import type { NamedArrays } from '../src/base/nd-array.ts'
import type { PretrainedEncoder } from '../src/models/pretrained.ts'
import type { VitShape } from '../src/models/vit.ts'
import { vit } from '../src/models/vit.ts'
import { gpt2 } from '../src/models/gpt2.ts'
import { declared } from '../src/nn/scope.ts'
import type { DecoderShape } from '../src/nn/transformer.ts'
import { trainedParameters } from '../src/recipes/captioner.ts'
import { openTask, type Task } from '../src/recipes/task.ts'
import { generated } from './generated.ts'

export interface Sizes {
  readonly name: string
  readonly decoder: DecoderShape
  readonly image: VitShape
  /** Of LoRA on every layer's c_attn; cross-attention is in every layer and as wide as the decoder. */
  readonly rank: number
  /** Images in a training batch, the captions of each, the tokens of each caption. */
  readonly images: number
  readonly captions: number
  readonly tokens: number
  /** Images encoded or captioned together. */
  readonly batch: number
}

/** GPT-2 small behind CLIP's ViT-B/32. */
export const fullSizes: Sizes = {
  name: 'full size',
  decoder: { layers: 12, heads: 12, width: 768, vocabulary: 50_257, positions: 1024 },
  image: { width: 768, layers: 12, heads: 12, activation: 'quick_gelu', epsilon: 1e-5, size: 224, patch: 32, embedding: 512 },
  rank: 16,
  images: 8,
  captions: 4,
  tokens: 20,
  batch: 32,
}

/** The sizes of configs/shapes/lora.yaml. */
export function demoSizes(): Sizes {
  const { config, encoder, decoder } = demoTask()
  if (config.peft.type !== 'lora' || config.cross_attention.width !== decoder.shape.width)
    throw new Error('the demo is no longer what its peers in bench/peers compute')
  const { images, captions, max_length: tokens } = config.train
  const { rank } = config.peft
  return {
    name: 'demo',
    decoder: decoder.shape,
    image: encoder.shape.image,
    rank,
    images,
    captions,
    tokens,
    batch: config.decode.batch,
  }
}

/** The same captions, each with an image of its own: what most training loops do to the captions of one image. */
export function repeated(sizes: Sizes): Sizes {
  return { ...sizes, images: sizes.images * sizes.captions, captions: 1 }
}

/** `8 images x 4 captions`. */
export function batchText({ images, captions }: Sizes): string {
  return captions === 1 ? `${images} images x 1 caption` : `${images} images x ${captions} captions`
}

/** An image tower of this shape on random weights, behind the demo's preprocessing. */
export function encoderOf({ image }: Pick<Sizes, 'image'>): PretrainedEncoder {
  const weights = weightsOf((scope) => vit(scope.at('visual'), image))
  return { ...demoTask().encoder, shape: { image }, weights }
}

/** The demo's task at these sizes, on random weights. */
export function taskOf(sizes: Sizes): Task {
  const demo = demoTask()
  const { config } = demo
  const plan = {
    decoder: sizes.decoder,
    cross_attention: { ...demo.plan.cross_attention, width: sizes.decoder.width, encoderWidth: sizes.image.width },
    peft: { type: 'lora', rank: sizes.rank, alpha: 2 * sizes.rank, targets: ['c_attn'], rank_stabilised: false } as const,
  }
  const train = { ...config.train, images: sizes.images, captions: sizes.captions, max_length: sizes.tokens }
  return {
    ...demo,
    config: { ...config, train },
    encoder: { ...demo.encoder, shape: { image: sizes.image } },
    decoder: { family: 'gpt2', shape: sizes.decoder, weights: weightsOf((scope) => gpt2(scope, sizes.decoder)), warnings: [] },
    plan,
    parameters: trainedParameters(plan),
  }
}

function weightsOf(build: Parameters<typeof declared>[0]): NamedArrays {
  return generated(declared(build))
}

function demoTask(): Task {
  return openTask(loadRunConfig(fromRoot('configs/shapes/lora.yaml')).config)
}
