// Prefix tuning (Li & Liang 2021): learned keys and values in front of every layer's own. They are a past, seen by every query and
// occupying no text position. While training they may come from a small tanh network, whose output alone is kept.
import { floats } from '../base/nd-array.ts'
import type { FloatArray, NamedArrays } from '../base/nd-array.ts'
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { splitHeads } from '../nn/attention.ts'
import type { KeysValues } from '../nn/attention.ts'
import { linear } from '../nn/linear.ts'
import type { Scope } from '../nn/scope.ts'
import type { Decoder, DecoderShape, Past } from '../nn/transformer.ts'

export interface PrefixConfig {
  /** Slots in front of the text. */
  readonly length: number
  /** Inner width of the network that makes keys and values while training; 0 = they are trained themselves. */
  readonly reparametrise: number
}

/**
 * The decoder with `length` learned slots per layer from `scope`: `h.{i}.attn.prefix.{keys,values}` [length, width], or with
 * reparametrisation `prefix.table` [length, width], `prefix.c_fc` and `h.{i}.attn.prefix.c_proj`.
 */
export function prefix(decoder: Decoder, scope: Scope, config: PrefixConfig): Decoder {
  const past = config.reparametrise > 0 ? computedPast(scope, decoder.shape, config) : ownPast(scope, decoder.shape, config)
  return { ...decoder, h: decoder.h.map((block, i) => ({ ...block, attn: { ...block.attn, past: past(i) } })) }
}

function ownPast(scope: Scope, { width, heads }: DecoderShape, { length }: PrefixConfig): (layer: number) => Past {
  return (layer) => {
    const at = scope.at(`h.${layer}.attn.prefix`)
    const keys = at.parameter('keys', [length, width], { normal: 0.02 })
    const values = at.parameter('values', [length, width], { normal: 0.02 })
    return { slots: length, read: () => inHeads(keys, values, heads) }
  }
}

// The inner states are computed anew by every layer: they are tiny, and a layer then needs nothing but its own parameters.
function computedPast(scope: Scope, { width, heads }: DecoderShape, config: PrefixConfig): (layer: number) => Past {
  const table = scope.at('prefix').parameter('table', [config.length, width], { normal: 0.02 })
  const c_fc = linear(scope.at('prefix.c_fc'), width, config.reparametrise)
  return (layer) => {
    const c_proj = linear(scope.at(`h.${layer}.attn.prefix.c_proj`), config.reparametrise, 2 * width)
    const read = () => {
      const [keys, values] = ops.split(c_proj.apply(ops.tanh(c_fc.apply(table))), 2, -1) // each (length, width)
      return inHeads(keys!, values!, heads)
    }
    return { slots: config.length, read }
  }
}

function inHeads(keys: Tensor, values: Tensor, heads: number): KeysValues {
  return { keys: splitHeads(ops.expandDims(keys, 0), heads), values: splitHeads(ops.expandDims(values, 0), heads) } // (1, H, length, D)
}

/** Trained tensors with the reparametrising network replaced by the keys and values that it makes; what is left needs `reparametrise: 0`. */
export function materialisePrefix(trained: NamedArrays): NamedArrays {
  const table = trained['prefix.table']
  if (table === undefined) return trained
  const inner = product(trained, 'prefix.table', 'prefix.c_fc')
  inner.data.forEach((value, i) => (inner.data[i] = Math.tanh(value)))
  const kept: Record<string, NamedArrays[string]> = {}
  for (const [name, array] of Object.entries(trained)) {
    const layer = /^(h\.\d+\.attn\.prefix)\.c_proj\.weight$/.exec(name)?.[1]
    if (layer !== undefined) Object.assign(kept, keysAndValues(product({ ...trained, inner }, 'inner', `${layer}.c_proj`), layer))
    else if (!/(^|\.)prefix\./.test(name)) kept[name] = array
  }
  return kept
}

function keysAndValues(rows: FloatArray, layer: string): NamedArrays {
  const [length, both] = rows.shape as [number, number]
  const half = (from: number) => {
    const part = floats([length, both / 2])
    for (let row = 0; row < length; row++)
      part.data.set(rows.data.subarray(row * both + from, row * both + from + both / 2), (row * both) / 2)
    return part
  }
  return { [`${layer}.keys`]: half(0), [`${layer}.values`]: half(both / 2) }
}

// x W + b on the host, summed in float64.
function product(arrays: NamedArrays, input: string, linearName: string): FloatArray {
  const x = arrays[input]!
  const weight = arrays[`${linearName}.weight`]!
  const bias = arrays[`${linearName}.bias`]!
  const [rows, inputs] = x.shape as [number, number]
  const outputs = weight.shape[1]!
  const y = floats([rows, outputs])
  const sums = new Float64Array(outputs)
  for (let row = 0; row < rows; row++) {
    sums.set(bias.data)
    for (let i = 0; i < inputs; i++) {
      const factor = x.data[row * inputs + i]!
      for (let o = 0; o < outputs; o++) sums[o]! += factor * weight.data[i * outputs + o]!
    }
    y.data.set(sums, row * outputs)
  }
  return y
}
