// CLIP (Radford et al. 2021): an image tower and a causal text tower into one space, in OpenAI's names.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { causalMask, countTo } from '../nn/attention.ts'
import { embedding, oneHotRows } from '../nn/embedding.ts'
import type { Embedding } from '../nn/embedding.ts'
import { layerNorm } from '../nn/layer-norm.ts'
import type { LayerNorm } from '../nn/layer-norm.ts'
import type { Scope } from '../nn/scope.ts'
import { residualAttentionBlocks, towerForward } from './residual-attention-block.ts'
import type { ResidualAttentionBlock, TowerShape } from './residual-attention-block.ts'
import { vit } from './vit.ts'
import type { Vit, VitShape } from './vit.ts'

export interface ClipTextShape extends TowerShape {
  /** Longest text in tokens, with its start and end. */
  readonly context: number
  readonly vocabulary: number
  /** Width of the space that images and texts share. */
  readonly embedding: number
}

export interface ClipShape {
  readonly image: VitShape & { readonly embedding: number }
  readonly text: ClipTextShape
}

export interface ClipText {
  readonly shape: ClipTextShape
  readonly token_embedding: Embedding
  /** [context, width] */
  readonly positional_embedding: Tensor
  readonly resblocks: readonly ResidualAttentionBlock[]
  readonly ln_final: LayerNorm
  /** [width, embedding] */
  readonly text_projection: Tensor
}

export interface Clip {
  readonly visual: Vit
  readonly text: ClipText
  /** []: the logarithm of what cosines are multiplied by. */
  readonly logit_scale: Tensor
}

/** Both towers. `trained` says that the token table gets gradients (pretraining). Where one tower is enough, build `vit` or `clipText` alone. */
export function clip(scope: Scope, shape: ClipShape, { trained = false } = {}): Clip {
  return {
    visual: vit(scope.at('visual'), shape.image),
    text: clipText(scope, shape.text, { trained }),
    logit_scale: scope.parameter('logit_scale', [], { constant: Math.log(1 / 0.07) }),
  }
}

/** The text tower over the parameters of `scope`, the root of a CLIP checkpoint. */
export function clipText(scope: Scope, shape: ClipTextShape, { trained = false } = {}): ClipText {
  const { width, context, epsilon } = shape
  return {
    shape,
    token_embedding: embedding(scope.at('token_embedding'), shape.vocabulary, width, { init: { normal: 0.02 }, trained }),
    positional_embedding: scope.parameter('positional_embedding', [context, width], { normal: 0.01 }),
    resblocks: residualAttentionBlocks(scope.at('transformer'), shape),
    ln_final: layerNorm(scope.at('ln_final'), width, epsilon),
    text_projection: scope.parameter('text_projection', [width, shape.embedding], { normal: width ** -0.5 }),
  }
}

/**
 * The text embedding (B, embedding), not normalised, of `ids` (B, T), T at most the context. It is read at the first largest id, which
 * is the end token of CLIP's vocabularies; what follows it has no influence.
 */
export function textEmbedding(tower: ClipText, ids: Tensor): Tensor {
  const [rows, length] = ids.shape as [number, number]
  const positions = ops.slice(tower.positional_embedding, [0, 0], [length, -1]) // (T, width)
  const x = ops.add(tower.token_embedding.lookup(ids), positions) // (B, T, width)
  const states = tower.ln_final(towerForward(tower.resblocks, x, causalMask(length))) // (B, T, width)
  const end = oneHotRows(ops.argMax(ops.cast(ids, 'float32'), -1), length) // (B, T)
  const pooled = ops.matMul(ops.reshape(end, [rows, 1, length]), states) // (B, 1, width)
  return ops.matMul(ops.reshape(pooled, [rows, tower.shape.width]), tower.text_projection) // (B, embedding)
}

const largestScale = Math.log(100)

/**
 * CLIP's symmetrical loss: in a batch of pairs (B, embedding) each image must find its text and each text its image. Returns the mean
 * cross-entropy of both directions; the scale is held to at most 100, as in the paper.
 */
export function contrastiveLoss(images: Tensor, texts: Tensor, logitScale: Tensor): Tensor {
  const scale = ops.exp(ops.minimum(logitScale, largestScale))
  const cosines = ops.matMul(unitRows(images), unitRows(texts), false, true) // (B, B)
  const logits = ops.mul(cosines, scale)
  const pairs = oneHotRows(countTo(images.shape[0]), images.shape[0]) // (B, B)
  const toTexts = ops.mul(ops.logSoftmax(logits), pairs)
  const toImages = ops.mul(ops.logSoftmax(ops.transpose(logits)), pairs)
  return ops.div(ops.sum(ops.add(toTexts, toImages)), -2 * images.shape[0])
}

function unitRows(x: Tensor): Tensor {
  return ops.mul(x, ops.rsqrt(ops.sum(ops.square(x), -1, true)))
}
