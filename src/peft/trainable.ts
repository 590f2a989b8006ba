// How many parameters an attempt trains: in closed form from the sizes, before anything is built; and from the declared parameters.
import { UserError } from '../base/errors.ts'
import { sizeOf } from '../base/nd-array.ts'
import type { PeftOptions } from './apply.ts'
import { loraTargets } from './lora.ts'
import type { LoraConfig } from './lora.ts'

/** The course's limit on trained parameters. */
export const trainedLimit = 35_000_000

/** The number of values in declared parameters, or in saved arrays. */
export function countTrained(specs: Iterable<{ readonly shape: readonly number[] }>): number {
  return [...specs].reduce((count, { shape }) => count + sizeOf(shape), 0)
}

/** The sizes that decide how much is trained. */
export interface TrainedSizes {
  readonly decoder: { readonly layers: number; readonly width: number }
  readonly encoderWidth: number
  readonly cross_attention: { readonly layers: 'all' | readonly number[]; readonly width: number; readonly gate: boolean }
  readonly peft: PeftOptions
}

/** Parts of a count under the configuration key that drives each. */
export interface TrainedParts {
  readonly part: string
  readonly key: string
  readonly count: number
}

/** The trained parameters of an attempt, part by part, from its sizes alone. */
export function trainedParts({ decoder, encoderWidth, cross_attention, peft }: TrainedSizes): TrainedParts[] {
  const { layers, width } = decoder
  const looking = cross_attention.layers === 'all' ? layers : new Set(cross_attention.layers).size
  const projection = encoderWidth === width ? 0 : affine(encoderWidth, width)
  return [
    { part: 'cross-attention', key: 'cross_attention.width', count: looking * crossAttentionCount(width, cross_attention.width) },
    { part: 'its LayerNorms', key: 'cross_attention.layers', count: looking * 2 * width },
    { part: 'its gates', key: 'cross_attention.gate', count: cross_attention.gate ? looking : 0 },
    { part: 'encoder projection', key: 'encoder.weights', count: projection },
    { part: peft.type, ...peftCount(peft, layers, width) },
  ].filter(({ count }) => count > 0)
}

const affine = (inputs: number, outputs: number) => inputs * outputs + outputs

function crossAttentionCount(width: number, inner: number): number {
  return affine(width, inner) + affine(width, 2 * inner) + affine(inner, width)
}

function peftCount(peft: PeftOptions, layers: number, width: number): { key: string; count: number } {
  switch (peft.type) {
    case 'none':
      return { key: 'peft.type', count: 0 }
    case 'lora':
      return { key: 'peft.rank', count: layers * peft.rank * loraSides(peft, width) }
    case 'adapter': {
      const each = affine(width, peft.bottleneck) + affine(peft.bottleneck, width)
      return { key: 'peft.bottleneck', count: layers * (peft.placement === 'houlsby' ? 2 : 1) * each }
    }
    case 'prefix': {
      const { length, reparametrise: inner } = peft
      if (inner === 0) return { key: 'peft.length', count: layers * 2 * length * width }
      return { key: 'peft.reparametrise', count: length * width + affine(width, inner) + layers * affine(inner, 2 * width) }
    }
  }
}

// Inputs plus outputs of every adapted linear map of one layer.
function loraSides({ targets }: LoraConfig, width: number): number {
  const { sites, parts } = loraTargets(targets)
  const sides = { 'attn.c_attn': 4, 'attn.c_proj': 2, 'mlp.c_fc': 5, 'mlp.c_proj': 5 }
  return width * ([...sites].reduce((sum, site) => sum + sides[site], 0) + 2 * parts.length)
}

/** The sum of the parts; throws UserError over `limit`, naming by how many and the knob with the largest part. */
export function requireWithinLimit(parts: readonly TrainedParts[], limit = trainedLimit): number {
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  if (total <= limit) return total
  const largest = parts.reduce((most, each) => (each.count > most.count ? each : most))
  const text = (count: number) => count.toLocaleString('en-US')
  throw new UserError(
    `${largest.key}: ${text(total)} parameters would be trained, ${text(total - limit)} more than the limit of ${text(limit)}; ` +
      `lower it first, ${largest.part} alone takes ${text(largest.count)}.`,
  )
}
