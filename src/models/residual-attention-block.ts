// The block of both CLIP towers (Radford et al. 2021): pre-LayerNorm self-attention and MLP, in OpenAI's names. Its first values are
// those of OpenAI's text tower, for both towers.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { activations } from '../nn/activation.ts'
import type { Activation } from '../nn/activation.ts'
import { attend, mergeHeads, splitHeads } from '../nn/attention.ts'
import { layerNorm } from '../nn/layer-norm.ts'
import type { LayerNorm } from '../nn/layer-norm.ts'
import { linear } from '../nn/linear.ts'
import type { Linear } from '../nn/linear.ts'
import type { Scope } from '../nn/scope.ts'

export interface TowerShape {
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly activation: Activation
  /** Added to the variance in every LayerNorm. */
  readonly epsilon: number
}

export interface ResidualAttentionBlock {
  readonly heads: number
  readonly activation: (x: Tensor) => Tensor
  readonly ln_1: LayerNorm
  /** width -> queries | keys | values */
  readonly in_proj: Linear
  readonly out_proj: Linear
  readonly ln_2: LayerNorm
  readonly c_fc: Linear
  readonly c_proj: Linear
}

/** The blocks `resblocks.{i}` of a tower. */
export function residualAttentionBlocks(scope: Scope, shape: TowerShape): ResidualAttentionBlock[] {
  return Array.from({ length: shape.layers }, (_, i) => residualAttentionBlock(scope.at(`resblocks.${i}`), shape))
}

function residualAttentionBlock(scope: Scope, { width, layers, heads, activation, epsilon }: TowerShape): ResidualAttentionBlock {
  const intoStream = { init: { normal: width ** -0.5 * (2 * layers) ** -0.5 } }
  return {
    heads,
    activation: activations[activation],
    ln_1: layerNorm(scope.at('ln_1'), width, epsilon),
    in_proj: linear(scope.at('attn'), width, 3 * width, {
      init: { normal: width ** -0.5 },
      names: ['in_proj_weight', 'in_proj_bias'],
    }),
    out_proj: linear(scope.at('attn.out_proj'), width, width, intoStream),
    ln_2: layerNorm(scope.at('ln_2'), width, epsilon),
    c_fc: linear(scope.at('mlp.c_fc'), width, 4 * width, { init: { normal: (2 * width) ** -0.5 } }),
    c_proj: linear(scope.at('mlp.c_proj'), 4 * width, width, intoStream),
  }
}

/** Runs (B, T, C) through the blocks; `mask` (T, T) is added to the scores. */
export function towerForward(blocks: readonly ResidualAttentionBlock[], x: Tensor, mask?: Tensor): Tensor {
  for (const block of blocks) {
    x = ops.add(x, attention(block, block.ln_1(x), mask)) // (B, T, C)
    x = ops.add(x, block.c_proj.apply(block.activation(block.c_fc.apply(block.ln_2(x))))) // (B, T, C)
  }
  return x
}

function attention({ heads, in_proj, out_proj }: ResidualAttentionBlock, x: Tensor, mask?: Tensor): Tensor {
  const [q, k, v] = ops.split(in_proj.apply(x), 3, -1).map((part) => splitHeads(part, heads)) // each (B, H, T, D)
  return out_proj.apply(mergeHeads(attend(q!, { keys: k!, values: v! }, mask))) // (B, T, C)
}
