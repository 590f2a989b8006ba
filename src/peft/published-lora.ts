// LoRA as the Python library `peft` keeps it: settings, and factors under the names of Hugging Face's GPT-2. `peft` knows the fused
// `c_attn` as a whole only, so updates of q, k and v become one update of it with factors in blocks: the same product.
import { floats } from '../base/nd-array.ts'
import type { FloatArray, NamedArrays } from '../base/nd-array.ts'
import { loraTargets } from './lora.ts'
import type { LoraConfig, LoraSite, LoraTargets } from './lora.ts'

/** The update of one linear map in every layer, in `peft`'s terms. */
export interface SiteUpdate {
  readonly site: LoraSite
  readonly rank: number
  readonly alpha: number
  /** The parts of `attn.c_attn` that are updated, one after the other in the rank; none where the map is updated as a whole. */
  readonly parts: LoraTargets['parts']
}

/** What every adapted linear map gets. */
export function siteUpdates({ rank, alpha, targets, rank_stabilised }: LoraConfig): SiteUpdate[] {
  const { sites, parts } = loraTargets(targets)
  const whole = [...sites].map((site) => ({ site, rank, alpha, parts: [] }))
  if (parts.length === 0) return whole
  const count = parts.length
  // p times the rank: alpha grows along, so that the scale, alpha / rank or alpha / sqrt(rank), stays what it was.
  return [
    { site: 'attn.c_attn', rank: count * rank, alpha: alpha * (rank_stabilised ? Math.sqrt(count) : count), parts },
    ...whole,
  ]
}

/** The content of `adapter_config.json`. */
export function publishedSettings(config: LoraConfig): Record<string, unknown> {
  const updates = siteUpdates(config)
  const { rank, alpha } = updates[0]!
  const others = updates.filter((update) => update.rank !== rank)
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: null,
    inference_mode: true,
    r: rank,
    lora_alpha: alpha,
    use_rslora: config.rank_stabilised,
    target_modules: updates.map(({ site }) => site),
    rank_pattern: Object.fromEntries(others.map((update) => [update.site, update.rank])),
    alpha_pattern: Object.fromEntries(others.map((update) => [update.site, update.alpha])),
    fan_in_fan_out: true, // GPT-2's maps are [inputs, outputs]
    lora_dropout: 0,
    bias: 'none',
    modules_to_save: null,
  }
}

const firstFactor = /^(?<linear>(?<layer>h\.\d+)\.(?<site>attn\.c_attn|attn\.c_proj|mlp\.c_fc|mlp\.c_proj))(\.[qkv])?\.lora_A$/

/** The low-rank factors among `trained`, as `adapter_model.safetensors` names them. */
export function publishedFactors(trained: NamedArrays, config: LoraConfig): NamedArrays {
  const updates = new Map(siteUpdates(config).map((update) => [update.site as string, update]))
  const published: Record<string, FloatArray> = {}
  for (const name of Object.keys(trained)) {
    const { linear, site } = firstFactor.exec(name)?.groups ?? {}
    if (linear === undefined || site === undefined || `${publishedPrefix}${linear}.lora_A.weight` in published) continue
    const { parts } = updates.get(site)!
    const { a, b } = parts.length === 0 ? factorsOf(trained, linear) : joinedParts(trained, linear, parts)
    published[`${publishedPrefix}${linear}.lora_A.weight`] = a
    published[`${publishedPrefix}${linear}.lora_B.weight`] = b
  }
  return published
}

const publishedPrefix = 'base_model.model.transformer.'

/** A [rank, inputs] and B [outputs, rank]. */
export interface Factors {
  readonly a: FloatArray
  readonly b: FloatArray
}

function factorsOf(trained: NamedArrays, update: string): Factors {
  const [a, b] = [trained[`${update}.lora_A`], trained[`${update}.lora_B`]]
  if (a?.dtype !== 'float32' || b?.dtype !== 'float32') throw new Error(`${update}: both low-rank factors are needed`)
  return { a, b }
}

/** Part n has rows n r to (n + 1) r of A, and in B those columns of its own third of the rows; the rest of B is zero. */
function joinedParts(trained: NamedArrays, linear: string, parts: LoraTargets['parts']): Factors {
  const each = parts.map((part) => factorsOf(trained, `${linear}.${part}`))
  const [rank, inputs] = each[0]!.a.shape as [number, number]
  const [width] = each[0]!.b.shape as [number]
  const a = floats([parts.length * rank, inputs])
  const b = floats([3 * width, parts.length * rank])
  each.forEach((factors, n) => {
    a.data.set(factors.a.data, n * rank * inputs)
    for (let row = 0; row < width; row++)
      b.data.set(factors.b.data.subarray(row * rank, (row + 1) * rank), blockRow(parts, n, row, { width, rank }))
  })
  return { a, b }
}

/** Where row `row` of part `n` begins in the joined B. */
function blockRow(parts: LoraTargets['parts'], n: number, row: number, { width, rank }: { width: number; rank: number }): number {
  return ('qkv'.indexOf(parts[n]!) * width + row) * parts.length * rank + n * rank
}

/** The parts' own factors out of joined ones; undefined where these are no blocks: they mix the parts. */
export function separatedParts({ a, b }: Factors, parts: LoraTargets['parts']): readonly Factors[] | undefined {
  const rank = a.shape[0]! / parts.length
  const inputs = a.shape[1]!
  const width = b.shape[0]! / 3
  const rest = b.data.slice()
  const separated = parts.map((_, n) => {
    const own = { a: floats([rank, inputs], a.data.slice(n * rank * inputs, (n + 1) * rank * inputs)), b: floats([width, rank]) }
    for (let row = 0; row < width; row++) {
      const begin = blockRow(parts, n, row, { width, rank })
      own.b.data.set(b.data.subarray(begin, begin + rank), row * rank)
      rest.fill(0, begin, begin + rank)
    }
    return own
  })
  return rest.every((value) => value === 0) ? separated : undefined
}
