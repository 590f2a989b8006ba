// Bottleneck adapters: y + up(activation(down y)) after a layer's output projection. `up` starts at zero, so that inserting one changes
// nothing at first.
import * as ops from '../engine/ops.ts'
import { activations } from '../nn/activation.ts'
import { linear } from '../nn/linear.ts'
import type { Linear } from '../nn/linear.ts'
import type { Scope } from '../nn/scope.ts'
import type { Block, Decoder } from '../nn/transformer.ts'

export interface AdapterConfig {
  readonly bottleneck: number
  /** `houlsby`: after attention and after the MLP (Houlsby et al. 2019); `pfeiffer`: after the MLP alone (Pfeiffer et al. 2020). */
  readonly placement: 'houlsby' | 'pfeiffer'
  readonly activation: 'relu' | 'gelu'
}

/** The decoder with adapters `h.{i}.{attn,mlp}.adapter.{down,up}.{weight,bias}` from `scope`. */
export function adapter(decoder: Decoder, scope: Scope, config: AdapterConfig): Decoder {
  return { ...decoder, h: decoder.h.map((block, i) => adapted(block, scope.at(`h.${i}`), config)) }
}

function adapted(block: Block, scope: Scope, config: AdapterConfig): Block {
  const { attn, mlp } = block
  const afterMlp = { ...mlp, c_proj: followed(mlp.c_proj, scope.at('mlp.adapter'), config) }
  if (config.placement === 'pfeiffer') return { ...block, mlp: afterMlp }
  return { ...block, attn: { ...attn, c_proj: followed(attn.c_proj, scope.at('attn.adapter'), config) }, mlp: afterMlp }
}

function followed(base: Linear, scope: Scope, config: AdapterConfig): Linear {
  const down = linear(scope.at('down'), base.outputs, config.bottleneck, { init: { uniform: 1 / Math.sqrt(base.outputs) } })
  const up = linear(scope.at('up'), config.bottleneck, base.outputs, { init: 'zeros' })
  const activation = activations[config.activation === 'gelu' ? 'gelu_tanh' : 'relu']
  return {
    ...base,
    apply(x) {
      const y = base.apply(x) // (B, T, C)
      return ops.add(y, up.apply(activation(down.apply(y)))) // (B, T, C)
    },
  }
}
