// A decoder as a tree of small parts under the checkpoint's names. Whoever wants another decoder (peft/) replaces members of the tree;
// whoever runs one (models/) walks it.
import type { Tensor } from '../engine/ops.ts'
import type { KeysValues } from './attention.ts'
import type { Embedding } from './embedding.ts'
import type { LayerNorm } from './layer-norm.ts'
import type { Linear } from './linear.ts'

/** Keys and values that stand before the text in one layer, the same for every sequence: a prefix is a learned past. */
export interface Past {
  readonly slots: number
  /** (1, H, slots, D) */
  readonly read: () => KeysValues
}

export interface SelfAttention {
  /** width -> queries | keys | values */
  readonly c_attn: Linear
  readonly c_proj: Linear
  readonly heads: number
  readonly past?: Past
}

export interface CrossAttention {
  /** Text: width -> inner width. */
  readonly q_attn: Linear
  /** Image: width -> keys | values, each of the inner width. */
  readonly c_attn: Linear
  readonly c_proj: Linear
  readonly heads: number
  /** [1]; its tanh scales what the text takes from the image. */
  readonly gate?: Tensor
}

export interface Mlp {
  readonly c_fc: Linear
  readonly activation: (x: Tensor) => Tensor
  readonly c_proj: Linear
}

export interface Block {
  readonly ln_1: LayerNorm
  readonly attn: SelfAttention
  readonly ln_cross_attn?: LayerNorm
  readonly crossattention?: CrossAttention
  readonly ln_2: LayerNorm
  readonly mlp: Mlp
}

export interface DecoderShape {
  readonly layers: number
  readonly heads: number
  readonly width: number
  readonly vocabulary: number
  /** Longest text. */
  readonly positions: number
  /** Added to the variance in every LayerNorm; default 1e-5. */
  readonly epsilon?: number
}

export interface Decoder {
  readonly shape: DecoderShape
  readonly wte: Embedding
  readonly wpe: Embedding
  readonly h: readonly Block[]
  readonly ln_f: LayerNorm
}

/** Slots that stand before the text in every layer; throws where layers differ, because they share one mask. */
export function pastSlots(decoder: Decoder): number {
  const slots = new Set(decoder.h.map((block) => block.attn.past?.slots ?? 0))
  if (slots.size > 1) throw new Error(`layers with pasts of ${[...slots].join(' and ')} slots cannot share a mask`)
  return [...slots][0] ?? 0
}
