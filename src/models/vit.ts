// The vision transformer (Dosovitskiy et al. 2021) in the names of OpenAI's CLIP, below `visual.`: patches, a class token, learned
// positions, blocks, `ln_post` and, in a CLIP, `proj`. What a tower without texts lacks or adds is in its shape.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { forEachRow } from '../nn/for-each-row.ts'
import { layerNorm } from '../nn/layer-norm.ts'
import type { LayerNorm } from '../nn/layer-norm.ts'
import type { Scope } from '../nn/scope.ts'
import { residualAttentionBlocks, towerForward } from './residual-attention-block.ts'
import type { ResidualAttentionBlock, TowerShape } from './residual-attention-block.ts'

export interface VitShape extends TowerShape {
  /** Side of the square image in pixels; a multiple of `patch`. */
  readonly size: number
  readonly patch: number
  /** Width of the space that images and texts share; a tower that never met texts has none. */
  readonly embedding?: number
  /** Whether patches have a bias; default false, as in CLIP. */
  readonly patch_bias?: boolean
  /** Whether a norm stands before the blocks; default true, as in CLIP. */
  readonly ln_pre?: boolean
}

export interface Vit {
  readonly shape: VitShape
  readonly conv1: {
    /** [3 * patch * patch, width]: the published convolution as a matrix */
    readonly weight: Tensor
    /** [width] */
    readonly bias?: Tensor
  }
  /** [width] */
  readonly class_embedding: Tensor
  /** [1 + patches, width] */
  readonly positional_embedding: Tensor
  readonly ln_pre?: LayerNorm
  readonly resblocks: readonly ResidualAttentionBlock[]
  readonly ln_post: LayerNorm
  /** [width, embedding] */
  readonly proj?: Tensor
}

/** The tokens of an image: its patches and the class token in front. */
export function vitTokenCount({ size, patch }: VitShape): number {
  return 1 + (size / patch) ** 2
}

/** The vision tower over the parameters of `scope` (`visual`). */
export function vit(scope: Scope, shape: VitShape): Vit {
  const { width, patch, epsilon, embedding, patch_bias = false, ln_pre = true } = shape
  const init = { normal: width ** -0.5 }
  const weight = scope.parameter('conv1.weight', [3 * patch * patch, width], { uniform: (3 * patch * patch) ** -0.5 })
  return {
    shape,
    conv1: patch_bias ? { weight, bias: scope.parameter('conv1.bias', [width], 'zeros') } : { weight },
    class_embedding: scope.parameter('class_embedding', [width], init),
    positional_embedding: scope.parameter('positional_embedding', [vitTokenCount(shape), width], init),
    ...(ln_pre ? { ln_pre: layerNorm(scope.at('ln_pre'), width, epsilon) } : {}),
    resblocks: residualAttentionBlocks(scope.at('transformer'), shape),
    ln_post: layerNorm(scope.at('ln_post'), width, epsilon),
    ...(embedding === undefined ? {} : { proj: scope.parameter('proj', [width, embedding], init) }),
  }
}

/** The tokens (B, 1 + patches, width) of normalised images (B, 3, size, size), after `ln_post`; the class token is the first. */
export function vitTokens(tower: Vit, images: Tensor): Tensor {
  const { conv1, ln_pre, shape } = tower
  const [rows, , side] = images.shape as [number, number, number]
  const products = ops.matMul(patchRows(images, shape.patch), conv1.weight) // (B*N, width)
  const biased = conv1.bias === undefined ? products : ops.add(products, conv1.bias) // (B*N, width)
  const patches = ops.reshape(biased, [rows, (side / shape.patch) ** 2, shape.width]) // (B, N, width)
  const first = forEachRow(ops.reshape(tower.class_embedding, [1, 1, shape.width]), rows) // (B, 1, width)
  const x = ops.add(ops.concat([first, patches], 1), tower.positional_embedding) // (B, 1 + N, width)
  return tower.ln_post(towerForward(tower.resblocks, ln_pre === undefined ? x : ln_pre(x))) // (B, 1 + N, width)
}

/** The image embedding (B, embedding), not normalised, of `vitTokens`. Throws where the tower never met texts. */
export function vitEmbedding({ shape, proj }: Vit, tokens: Tensor): Tensor {
  if (proj === undefined) throw new Error('an embedding is asked of a tower without a projection')
  const first = ops.reshape(ops.slice(tokens, [0, 0, 0], [-1, 1, -1]), [-1, shape.width]) // (B, width)
  return ops.matMul(first, proj) // (B, embedding)
}

// (B, 3, g*P, g*P) -> (B*g*g, 3*P*P), patches row by row and each as the convolution's kernel lies in memory. Two transposes of
// rank 4 in place of one of rank 6, which the wasm engine lacks.
function patchRows(images: Tensor, patch: number): Tensor {
  const [rows, channels, side] = images.shape as [number, number, number]
  const grid = side / patch
  const bands = ops.reshape(images, [rows * channels * grid, patch, grid, patch]) // (B*3*g, P, g, P)
  const squares = ops.reshape(ops.transpose(bands, [0, 2, 1, 3]), [rows, channels, grid * grid, patch * patch]) // (B, 3, g*g, P*P)
  return ops.reshape(ops.transpose(squares, [0, 2, 1, 3]), [rows * grid * grid, channels * patch * patch])
}
