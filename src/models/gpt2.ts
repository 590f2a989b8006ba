// GPT-2: pre-LayerNorm blocks, learned positions, the output head tied to the token table. Radford et al. 2019; names as in the
// published checkpoints without the prefix `transformer.`.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { activations } from '../nn/activation.ts'
import { attend, causalMask, lineMask, mergeHeads, splitHeads } from '../nn/attention.ts'
import type { KeysValues } from '../nn/attention.ts'
import { embedding } from '../nn/embedding.ts'
import { forEachRow } from '../nn/for-each-row.ts'
import { layerNorm } from '../nn/layer-norm.ts'
import { linear } from '../nn/linear.ts'
import { packing, type Packing, type PackedTexts } from '../nn/packing.ts'
import type { Scope } from '../nn/scope.ts'
import { pastSlots } from '../nn/transformer.ts'
import type { Block, CrossAttention, Decoder, DecoderShape, Mlp, SelfAttention } from '../nn/transformer.ts'

/** The decoder of `shape` over the parameters of `scope`. `trained` says that its own tables get gradients (pretraining). */
export function gpt2(scope: Scope, shape: DecoderShape, { trained = false } = {}): Decoder {
  return {
    shape,
    wte: embedding(scope.at('wte'), shape.vocabulary, shape.width, { init: { normal: 0.02 }, trained }),
    wpe: embedding(scope.at('wpe'), shape.positions, shape.width, { init: { normal: 0.02 }, trained }),
    h: Array.from({ length: shape.layers }, (_, i) => block(scope.at(`h.${i}`), shape)),
    ln_f: layerNorm(scope.at('ln_f'), shape.width, shape.epsilon),
  }
}

function block(scope: Scope, { width, heads, layers, epsilon }: DecoderShape): Block {
  const residual = residualInit(layers)
  return {
    ln_1: layerNorm(scope.at('ln_1'), width, epsilon),
    attn: {
      c_attn: linear(scope.at('attn.c_attn'), width, 3 * width),
      c_proj: linear(scope.at('attn.c_proj'), width, width, { init: residual }),
      heads,
    },
    ln_2: layerNorm(scope.at('ln_2'), width, epsilon),
    mlp: {
      c_fc: linear(scope.at('mlp.c_fc'), width, 4 * width),
      activation: activations.gelu_tanh,
      c_proj: linear(scope.at('mlp.c_proj'), 4 * width, width, { init: residual }),
    },
  }
}

/** Projections into the residual stream start smaller, so that its variance does not grow with the number of layers. */
export function residualInit(layers: number): { normal: number } {
  return { normal: 0.02 / Math.sqrt(2 * layers) }
}

/**
 * How one pass reads: what the tokens of this pass see in each layer. With a packing, states (B, T, C) are (R, C) everywhere but in
 * attention.
 */
export interface Reading {
  readonly packing?: { readonly lines: Packing; readonly images: Packing }
  /** What queries (B, H, T, D) of a layer gather from each other's keys and values (B, H, T, D) and from what stands before them: (B, H, T, D). */
  readonly attendText: (layer: number, queries: Tensor, fresh: KeysValues) => Tensor
  /** Per layer the image's keys and values (I, H, N, D); undefined where a layer does not look. */
  readonly image?: readonly (KeysValues | undefined)[]
  /** What queries (I, H, C*T, D) gather from their image; `attend` where it is left out. */
  readonly attendImage?: typeof attend
}

/** Runs embedded tokens (B, T, C) through all blocks and the final norm: (B, T, C). */
export function blocksForward(decoder: Decoder, embedded: Tensor, reading: Reading): Tensor {
  const x = decoder.h.reduce((stream, each, layer) => blockForward(each, stream, layer, reading), embedded) // (B, T, C)
  return decoder.ln_f(x) // (B, T, C)
}

/** One block on (B, T, C). */
export function blockForward(block: Block, x: Tensor, layer: number, reading: Reading): Tensor {
  x = ops.add(x, selfAttention(block.attn, block.ln_1(x), layer, reading)) // (B, T, C)
  const image = reading.image?.[layer]
  if (block.crossattention && block.ln_cross_attn && image)
    x = ops.add(x, crossAttention(block.crossattention, block.ln_cross_attn(x), image, reading)) // (B, T, C)
  return ops.add(x, mlp(block.mlp, block.ln_2(x))) // (B, T, C)
}

/** What text x (B, T, C) takes from itself and from what stands before it: (B, T, C). */
export function selfAttention(attn: SelfAttention, x: Tensor, layer: number, { attendText, packing }: Reading): Tensor {
  const projected = attn.c_attn.apply(x) // (B, T, 3C)
  const text = packing?.lines.spread(projected) ?? projected // (B, T, 3C)
  const [q, k, v] = ops.split(text, 3, -1).map((part) => splitHeads(part, attn.heads)) // each (B, H, T, D)
  const seen = mergeHeads(attendText(layer, q!, { keys: k!, values: v! })) // (B, T, C)
  return attn.c_proj.apply(packing?.lines.collect(seen) ?? seen) // (B, T, C)
}

/**
 * What text x (I*C, T, width) takes from its images (I, H, N, D). The C captions of an image stand side by side, so their queries are
 * rows of one image: its keys and values are never repeated.
 */
export function crossAttention(
  cross: CrossAttention,
  x: Tensor,
  image: KeysValues,
  { attendImage = attend, packing }: Pick<Reading, 'attendImage' | 'packing'> = {},
): Tensor {
  const projected = cross.q_attn.apply(x) // (I*C, T, width)
  const text = packing?.images.spread(projected) ?? projected // (I*C, T, width)
  const rows = ops.reshape(text, [image.keys.shape[0], -1, text.shape[2]!]) // (I, C*T, width)
  const seen = ops.reshape(mergeHeads(attendImage(splitHeads(rows, cross.heads), image)), text.shape) // (I*C, T, width)
  const y = cross.c_proj.apply(packing?.images.collect(seen) ?? seen) // (I*C, T, C)
  return cross.gate === undefined ? y : ops.mul(y, ops.tanh(cross.gate)) // (I*C, T, C)
}

function mlp({ c_fc, activation, c_proj }: Mlp, x: Tensor): Tensor {
  return c_proj.apply(activation(c_fc.apply(x))) // (B, T, C)
}

/** The final states (B, T, C) of whole texts `ids` (B, T), every position seeing itself, what is before it and the past. */
export function textStates(decoder: Decoder, ids: Tensor, image: Reading['image'] = []): Tensor {
  return blocksForward(decoder, embedText(decoder, ids), { ...wholeTexts(decoder, ids), image })
}

/** The final states (R, C) of whole texts whose real positions are the rows `ids` and `positions` (R). */
export function packedStates(decoder: Decoder, texts: PackedTexts, image: Reading['image'] = []): Tensor {
  const embedded = ops.add(decoder.wte.lookup(texts.ids), decoder.wpe.lookup(texts.positions)) // (R, C)
  const lines = packing(texts.lineSeats, texts.linePlaces)
  const images = packing(texts.imageSeats, texts.imagePlaces)
  const mask = lineMask(texts.lineStarts, pastSlots(decoder)) // (L, 1, T, past + T)
  return blocksForward(decoder, embedded, { ...behindPast(decoder, mask), image, packing: { lines, images } })
}

/** Whole texts `ids` (B, T) as the first block gets them: tokens and their positions (B, T, C). */
export function embedText({ wte, wpe }: Decoder, ids: Tensor): Tensor {
  const positions = ops.slice(wpe.table, [0, 0], [ids.shape[1]!, -1]) // (T, C)
  return ops.add(wte.lookup(ids), positions) // (B, T, C)
}

/** How whole texts (B, T) or (B, T, C) are read: causally, behind the decoder's past; `gather` is how queries take from keys and values. */
export function wholeTexts(decoder: Decoder, texts: Tensor, gather = attend): Reading {
  return behindPast(decoder, causalMask(texts.shape[1]!, pastSlots(decoder)), gather) // (T, past + T)
}

/** Texts that see the decoder's past, and of themselves what `mask`, (T, past + T) or (B, 1, T, past + T), lets them. */
function behindPast(decoder: Decoder, mask: Tensor, gather = attend): Reading {
  return { attendText: (layer, queries, fresh) => gather(queries, withPast(decoder.h[layer]!.attn, fresh), mask) }
}

function withPast({ past }: SelfAttention, fresh: KeysValues): KeysValues {
  if (past === undefined) return fresh
  const { keys, values } = past.read() // (1, H, slots, D)
  const rows = fresh.keys.shape[0]
  return {
    keys: ops.concat([forEachRow(keys, rows), fresh.keys], 2), // (B, H, slots + T, D)
    values: ops.concat([forEachRow(values, rows), fresh.values], 2),
  }
}

/** Scores of every token of the vocabulary after each state: (..., C) -> (N, V). */
export function tokenLogits(decoder: Decoder, states: Tensor): Tensor {
  return ops.matMul(ops.reshape(states, [-1, decoder.shape.width]), decoder.wte.table, false, true) // (N, V)
}

/** Scores of the next token at each position of `ids` (B, T): (B, T, V). */
export function gpt2Logits(decoder: Decoder, ids: Tensor): Tensor {
  return ops.reshape(tokenLogits(decoder, textStates(decoder, ids)), [...ids.shape, decoder.shape.vocabulary]) // (B, T, V)
}
