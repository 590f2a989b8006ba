// A captioner: a decoder whose layers look at an encoder's tokens through cross-attention. Names as in published vision-encoder-decoder
// checkpoints; everything here is new to the decoder, hence trained.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { UserError } from '../base/errors.ts'
import { attentionWeights, splitHeads } from '../nn/attention.ts'
import type { KeysValues } from '../nn/attention.ts'
import { layerNorm } from '../nn/layer-norm.ts'
import { linear } from '../nn/linear.ts'
import type { Linear } from '../nn/linear.ts'
import type { PackedTexts } from '../nn/packing.ts'
import type { Scope } from '../nn/scope.ts'
import type { Block, Decoder, DecoderShape } from '../nn/transformer.ts'
import { blocksForward, embedText, packedStates, residualInit, textStates, tokenLogits, wholeTexts } from './gpt2.ts'

export interface Captioner {
  readonly decoder: Decoder
  /** From the encoder's width to the decoder's, where they differ. */
  readonly enc_to_dec_proj?: Linear
}

export interface CrossAttentionOptions {
  /** Every layer, or these, counted from 0. */
  readonly layers: 'all' | readonly number[]
  /** Inner width of queries, keys and values; a multiple of the decoder's heads. */
  readonly width: number
  /** A tanh gate on the output, zero at the start: the decoder then begins exactly as it was. */
  readonly gate: boolean
  readonly encoderWidth: number
}

/** The decoder with cross-attention in the chosen layers, from the trained parameters of `scope`. Throws on a layer or width that does not fit. */
export function attachCrossAttention(decoder: Decoder, scope: Scope, options: CrossAttentionOptions): Captioner {
  const { shape } = decoder
  requireFit(shape, options)
  const looks = (layer: number) => options.layers === 'all' || options.layers.includes(layer)
  const h = decoder.h.map((block, i) => (looks(i) ? looking(block, scope.at(`h.${i}`), shape, options) : block))
  if (options.encoderWidth === shape.width) return { decoder: { ...decoder, h } }
  const enc_to_dec_proj = linear(scope.at('enc_to_dec_proj'), options.encoderWidth, shape.width)
  return { decoder: { ...decoder, h }, enc_to_dec_proj }
}

function looking(block: Block, scope: Scope, { width, heads, layers }: DecoderShape, options: CrossAttentionOptions): Block {
  const at = scope.at('crossattention')
  return {
    ...block,
    ln_cross_attn: layerNorm(scope.at('ln_cross_attn'), width),
    crossattention: {
      q_attn: linear(at.at('q_attn'), width, options.width),
      c_attn: linear(at.at('c_attn'), width, 2 * options.width),
      c_proj: linear(at.at('c_proj'), options.width, width, { init: residualInit(layers) }),
      heads,
      ...(options.gate ? { gate: at.parameter('gate', [1], 'zeros') } : {}),
    },
  }
}

function requireFit({ layers, heads }: DecoderShape, options: CrossAttentionOptions): void {
  if (options.width % heads !== 0)
    throw new UserError(`cross_attention.width: found ${options.width}; a multiple of the decoder's ${heads} heads is needed.`)
  const beyond = options.layers === 'all' ? undefined : options.layers.find((layer) => layer < 0 || layer >= layers)
  if (beyond !== undefined)
    throw new UserError(`cross_attention.layers: found ${beyond}; the decoder has layers 0 to ${layers - 1}.`)
}

/** Per layer the keys and values (I, H, N, D) of image features (I, N, W); undefined where a layer has no cross-attention. */
export function imageKeys({ decoder, enc_to_dec_proj }: Captioner, features: Tensor): (KeysValues | undefined)[] {
  const tokens = enc_to_dec_proj === undefined ? features : enc_to_dec_proj.apply(features) // (I, N, C)
  return decoder.h.map(({ crossattention }) => {
    if (crossattention === undefined) return undefined
    const [keys, values] = ops.split(crossattention.c_attn.apply(tokens), 2, -1) // each (I, N, width)
    return { keys: splitHeads(keys!, crossattention.heads), values: splitHeads(values!, crossattention.heads) } // (I, H, N, D)
  })
}

/** The decoder's final states (I*C, T, width) for captions `ids` (I*C, T) of images `features` (I, N, W); an image's captions are adjacent. */
export function captionStates(captioner: Captioner, features: Tensor, ids: Tensor): Tensor {
  return textStates(captioner.decoder, ids, imageKeys(captioner, features))
}

/** Scores of the next token (R, V) at each real position of packed captions: what a training computes. */
export function packedLogits(captioner: Captioner, features: Tensor, captions: PackedTexts): Tensor {
  return tokenLogits(captioner.decoder, packedStates(captioner.decoder, captions, imageKeys(captioner, features))) // (R, V)
}

/** Scores of the next token at each position of `ids` (I*C, T), padded ones too: (I*C, T, V). */
export function captionLogits(captioner: Captioner, features: Tensor, ids: Tensor): Tensor {
  const logits = tokenLogits(captioner.decoder, captionStates(captioner, features, ids)) // (I*C*T, V)
  return ops.reshape(logits, [...ids.shape, captioner.decoder.shape.vocabulary]) // (I*C, T, V)
}

/** Where each position of a caption looks, layer by layer; the numbers that the caption's states are made with. */
export interface CaptionAttention {
  /** (I, H, T, N) of each layer with cross-attention: over the image's tokens. */
  readonly image: readonly Tensor[]
  /** (I, H, T, past + T) of every layer: over what stands before the text, and the text. */
  readonly text: readonly Tensor[]
}

/**
 * The attention of captions `ids` (I, T), one for each image of `features` (I, N, W). Position t chooses the token behind it, so that
 * row t says what was looked at for token t + 1, however the caption was searched.
 */
export function captionAttention(captioner: Captioner, features: Tensor, ids: Tensor): CaptionAttention {
  const { decoder } = captioner
  const seen = { image: [] as Tensor[], text: [] as Tensor[] }
  const noting =
    (noted: Tensor[]) =>
    (queries: Tensor, { keys, values }: KeysValues, mask?: Tensor) => {
      const weights = attentionWeights(queries, keys, mask)
      noted.push(weights)
      return ops.matMul(weights, values)
    }
  blocksForward(decoder, embedText(decoder, ids), {
    ...wholeTexts(decoder, ids, noting(seen.text)),
    image: imageKeys(captioner, features),
    attendImage: noting(seen.image),
  })
  return seen
}
