// Low-rank adaptation (Hu et al. 2021): y = x W + b + s (x Aᵀ) Bᵀ beside frozen linear maps. A is [rank, inputs] and B [outputs, rank],
// the shapes of published adapters; B starts at zero, so wrapping changes nothing at first.
import { UserError } from '../base/errors.ts'
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { onRows } from '../nn/linear.ts'
import type { Linear } from '../nn/linear.ts'
import type { Scope } from '../nn/scope.ts'
import type { Block, Decoder } from '../nn/transformer.ts'

export interface LoraConfig {
  readonly rank: number
  readonly alpha: number
  /** `c_attn` or its parts `q`, `k`, `v`; `c_proj` (attention's and the MLP's), `attn.c_proj`, `mlp.c_proj`, `c_fc`. */
  readonly targets: readonly string[]
  /** Scale alpha / sqrt(rank) in place of alpha / rank (Kalajdzievski 2023). */
  readonly rank_stabilised: boolean
}

export type LoraSite = 'attn.c_attn' | 'attn.c_proj' | 'mlp.c_fc' | 'mlp.c_proj'

const parts = ['q', 'k', 'v'] as const
type Part = (typeof parts)[number]

const sitesOf: Readonly<Record<string, readonly LoraSite[]>> = {
  c_attn: ['attn.c_attn'],
  c_proj: ['attn.c_proj', 'mlp.c_proj'],
  'attn.c_proj': ['attn.c_proj'],
  'mlp.c_proj': ['mlp.c_proj'],
  c_fc: ['mlp.c_fc'],
}

export interface LoraTargets {
  readonly sites: ReadonlySet<LoraSite>
  /** The parts of the fused `attn.c_attn` that are adapted separately, when it is not adapted as a whole. */
  readonly parts: readonly Part[]
}

/** What the names in `targets` stand for. Throws UserError on an unknown name, on none, and on `c_attn` together with its parts. */
export function loraTargets(targets: readonly string[]): LoraTargets {
  const known = [...Object.keys(sitesOf), ...parts]
  const unknown = targets.find((target) => !known.includes(target))
  if (unknown !== undefined) throw new UserError(`peft.targets: unknown target \`${unknown}\`; choose among ${known.join(', ')}.`)
  if (targets.length === 0) throw new UserError(`peft.targets: the list is empty; choose among ${known.join(', ')}.`)
  const sites = new Set(targets.flatMap((target) => sitesOf[target] ?? []))
  const chosen = parts.filter((part) => targets.includes(part))
  if (sites.has('attn.c_attn') && chosen.length > 0)
    throw new UserError(
      `peft.targets: found c_attn together with ${chosen.join(', ')}, which it contains; choose one or the other.`,
    )
  return { sites, parts: chosen }
}

/** What B A is multiplied by. */
export function loraScale({ rank, alpha, rank_stabilised }: LoraConfig): number {
  return alpha / (rank_stabilised ? Math.sqrt(rank) : rank)
}

/** The decoder with low-rank updates `h.{i}.{site}.lora_A` and `lora_B` from `scope`, or `h.{i}.attn.c_attn.{q,k,v}.lora_A` ... of its parts. */
export function lora(decoder: Decoder, scope: Scope, config: LoraConfig): Decoder {
  const targets = loraTargets(config.targets)
  return { ...decoder, h: decoder.h.map((block, i) => adapted(block, scope.at(`h.${i}`), config, targets)) }
}

function adapted(block: Block, scope: Scope, config: LoraConfig, targets: LoraTargets): Block {
  const wrap = (site: LoraSite, base: Linear) => (targets.sites.has(site) ? updated(base, scope.at(site), config) : base)
  const fused = (base: Linear) =>
    targets.parts.length > 0 ? updatedInParts(base, scope.at('attn.c_attn'), config, targets.parts) : base
  return {
    ...block,
    attn: {
      ...block.attn,
      c_attn: fused(wrap('attn.c_attn', block.attn.c_attn)),
      c_proj: wrap('attn.c_proj', block.attn.c_proj),
    },
    mlp: { ...block.mlp, c_fc: wrap('mlp.c_fc', block.mlp.c_fc), c_proj: wrap('mlp.c_proj', block.mlp.c_proj) },
  }
}

function updated(base: Linear, scope: Scope, config: LoraConfig): Linear {
  const update = lowRank(scope, base.inputs, base.outputs, config)
  return { ...base, apply: (x) => ops.add(base.apply(x), onRows(x, update)) }
}

function updatedInParts(base: Linear, scope: Scope, config: LoraConfig, chosen: readonly Part[]): Linear {
  const width = base.outputs / parts.length
  const updates = parts.map((part) => (chosen.includes(part) ? lowRank(scope.at(part), base.inputs, width, config) : undefined))
  const update = (rows: Tensor) =>
    ops.concat(
      updates.map((each) => each?.(rows) ?? ops.zeros([rows.shape[0], width])),
      1,
    ) // (N, 3 width)
  return { ...base, apply: (x) => ops.add(base.apply(x), onRows(x, update)) }
}

// (N, inputs) -> (N, outputs); the scale is applied where there are fewest values.
function lowRank(scope: Scope, inputs: number, outputs: number, config: LoraConfig): (rows: Tensor) => Tensor {
  const a = scope.parameter('lora_A', [config.rank, inputs], { uniform: 1 / Math.sqrt(inputs) }) // Kaiming-uniform with a = sqrt 5
  const b = scope.parameter('lora_B', [outputs, config.rank], 'zeros')
  return (rows) => {
    const inner = ops.mul(ops.matMul(rows, a, false, true), loraScale(config)) // (N, rank)
    return ops.matMul(inner, b, false, true) // (N, outputs)
  }
}
