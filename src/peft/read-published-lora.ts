// A LoRA adapter that the Python library `peft` saved, as tensors of ours. What it cannot be told to do here is refused by name: an
// adapter at another scale, or on other maps, would run and be wrong.
import { UserError } from '../base/errors.ts'
import { shapeText } from '../base/nd-array.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import { below } from './load-trained.ts'
import type { TrainedFile } from './load-trained.ts'
import type { LoraConfig, LoraSite } from './lora.ts'
import { separatedParts, siteUpdates } from './published-lora.ts'
import type { Factors, SiteUpdate } from './published-lora.ts'

export interface PublishedAdapter {
  /** The folder, for messages. */
  readonly where: string
  /** The content of `adapter_config.json`, unchecked. */
  readonly settings: unknown
  /** `adapter_model.safetensors` or `.bin`. */
  readonly file: Pick<TrainedFile, 'names' | 'readAll'>
}

type Settings = Readonly<Record<string, unknown>>

/** The adapter's factors under our names. Throws UserError naming every difference between its settings and `config`. */
export function readPublishedLora({ where, settings: raw, file }: PublishedAdapter, config: LoraConfig): NamedArrays {
  const settings = typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Settings) : {}
  const { updates, strangers } = updatesIn(file.names)
  const lines = [
    ...foreignSettings(settings),
    ...unclearPatterns(settings),
    ...targetDifferences(updates, config),
    ...scaleDifferences(settings, updates, config),
    ...strangers.map((name) => `unexpected: \`${name}\``),
  ]
  const wanted = new Map(siteUpdates(config).map((each) => [each.site, each]))
  const found = lines.length > 0 ? [] : updates.map((update) => ours(update, read(file, update), wanted.get(update.site)!))
  lines.push(...found.flatMap((each) => (typeof each === 'string' ? [each] : [])))
  if (lines.length > 0)
    throw new UserError(
      `${where}: this adapter is not the one that the config's peft describes; one that agrees with it, or a config that agrees with the adapter, is needed.` +
        below([...new Set(lines)]),
    )
  return Object.assign({}, ...found) as NamedArrays
}

/** One adapted linear map of a file. */
interface Update {
  /** In our names: `h.0.attn.c_attn`. */
  readonly linear: string
  /** In the file's names, as its patterns are matched: `transformer.h.0.attn.c_attn`. */
  readonly module: string
  readonly site: LoraSite
  readonly a: string
  readonly b: string
}

const factorName =
  /^(?:base_model\.model\.)?(?<module>(?:[\w.]+\.)?(?<linear>h\.\d+\.(?<site>attn\.c_attn|attn\.c_proj|mlp\.c_fc|mlp\.c_proj)))\.lora_(?<factor>[AB])(?:\.[^.]+)?\.weight$/

/** The adapted maps, and entries that are no factor of one: crossed attention, magnitudes, a factor without its other. */
function updatesIn(names: readonly string[]): { updates: Update[]; strangers: string[] } {
  const halves = new Map<string, Partial<Update>>()
  const strangers: string[] = []
  for (const name of names) {
    const { module, linear, site, factor } = factorName.exec(name)?.groups ?? {}
    const known = halves.get(linear ?? '') ?? {}
    const key = factor === 'A' ? 'a' : 'b'
    if (linear === undefined || known[key] !== undefined) strangers.push(name)
    else halves.set(linear, { ...known, linear, module: module!, site: site as LoraSite, [key]: name })
  }
  const updates: Update[] = []
  for (const half of halves.values()) {
    if (half.a !== undefined && half.b !== undefined) updates.push(half as Update)
    else strangers.push((half.a ?? half.b)!)
  }
  return { updates, strangers }
}

/** Settings of `peft` that change what an adapter computes, and that nothing here computes. */
const foreign = [
  'use_dora',
  'use_qalora',
  'lora_bias',
  'bias',
  'modules_to_save',
  'layer_replication',
  'trainable_token_indices',
  'target_parameters',
  'alora_invocation_tokens',
  'use_bdlora',
  'arrow_config',
  'kasa_config',
  'monteclora_config',
] as const

/** How factors may have begun without a change to the base weights, which an adapter then needs and does not bring. */
const harmlessBeginnings: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'orthogonal', 'eva']

function foreignSettings(settings: Settings): string[] {
  const begun = settings['init_lora_weights']
  return [
    ...(settings['peft_type'] === 'LORA' ? [] : [`peft_type: ${shown(settings['peft_type'])}, LORA is needed`]),
    ...foreign.filter((key) => !isOff(settings[key])).map((key) => `${key}: ${shown(settings[key])}, plain LoRA is needed`),
    ...(harmlessBeginnings.includes(begun)
      ? []
      : [`init_lora_weights: ${shown(begun)}, which changes the base weights; an adapter for unchanged ones is needed`]),
  ]
}

function isOff(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 'none') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

const shown = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60))

/** Judged by the tensors: `target_modules` may be a pattern. */
function targetDifferences(updates: readonly Update[], config: LoraConfig): string[] {
  const there = [...new Set(updates.map(({ site }) => site))].sort()
  const here = siteUpdates(config)
    .map(({ site }) => site)
    .sort()
  if (there.join() === here.join()) return []
  return [
    `target_modules: ${there.join(', ') || 'none'} in the adapter, ${here.join(', ')} by peft.targets [${config.targets.join(', ')}]`,
  ]
}

function scaleDifferences(settings: Settings, updates: readonly Update[], config: LoraConfig): string[] {
  const wanted = new Map(siteUpdates(config).map((update) => [update.site, update]))
  const stabilised = settings['use_rslora'] === true
  return updates.flatMap(({ site, module }) => {
    const here = wanted.get(site)
    if (here === undefined) return [] // told by the targets
    const rank = ofModule(settings, 'rank_pattern', module) ?? settings['r']
    const alpha = ofModule(settings, 'alpha_pattern', module) ?? settings['lora_alpha']
    if (typeof rank === 'number' && typeof alpha === 'number') {
      const close = Math.abs(scaleOf(rank, alpha, stabilised) / scaleOf(here.rank, here.alpha, config.rank_stabilised) - 1) < 1e-6
      if (rank === here.rank && close) return []
    }
    return [
      `${site}: ${updateText(rank, alpha, stabilised)} in the adapter, ${updateText(here.rank, here.alpha, config.rank_stabilised)} by peft.rank ${config.rank}, peft.alpha ${config.alpha}`,
    ]
  })
}

const scaleOf = (rank: number, alpha: number, stabilised: boolean) => alpha / (stabilised ? Math.sqrt(rank) : rank)

function updateText(rank: unknown, alpha: unknown, stabilised: boolean): string {
  return `r ${shown(rank)}, lora_alpha ${shown(alpha)}${stabilised ? ', use_rslora' : ''}`
}

/** The entry of a pattern whose key is the end of the module's name. */
function ofModule(settings: Settings, pattern: Pattern, module: string): unknown {
  return patternEntries(settings, pattern).find(([key]) => module === key || module.endsWith(`.${key}`))?.[1]
}

type Pattern = 'rank_pattern' | 'alpha_pattern'

function patternEntries(settings: Settings, pattern: Pattern): [string, unknown][] {
  const value = settings[pattern]
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

/** The keys of patterns are regular expressions to `peft`; one that is more than a name could mean any map. */
function unclearPatterns(settings: Settings): string[] {
  return (['rank_pattern', 'alpha_pattern'] as const).flatMap((pattern) =>
    patternEntries(settings, pattern)
      .filter(([key]) => !/^[\w.]+$/.test(key))
      .map(([key]) => `${pattern}: ${shown(key)} is a regular expression, names of maps such as attn.c_attn are needed`),
  )
}

function read(file: PublishedAdapter['file'], update: Update): Factors | undefined {
  const { [update.a]: a, [update.b]: b } = file.readAll([update.a, update.b])
  return a?.dtype === 'float32' && b?.dtype === 'float32' ? { a, b } : undefined
}

/** Our tensors of an update, or a line that says why there are none. */
function ours({ linear }: Update, factors: Factors | undefined, { rank, parts }: SiteUpdate): NamedArrays | string {
  if (factors === undefined) return `misshapen: \`${linear}\` has whole numbers for factors, floating-point values are needed`
  if (parts.length === 0) return { [`${linear}.lora_A`]: factors.a, [`${linear}.lora_B`]: factors.b }
  const [a, b] = [factors.a.shape, factors.b.shape]
  if (a.length !== 2 || b.length !== 2 || a[0] !== rank || b[1] !== rank || b[0]! % 3 !== 0)
    return `misshapen: \`${linear}\` has factors ${shapeText(a)} and ${shapeText(b)}, rank ${rank} and three equal parts are needed`
  const separated = separatedParts(factors, parts)
  if (separated === undefined)
    return `attn.c_attn: its update mixes q, k and v; targets [c_attn] with rank ${rank} in the config are needed`
  const entries = separated.flatMap((each, n) => [
    [`${linear}.${parts[n]!}.lora_A`, each.a] as const,
    [`${linear}.${parts[n]!}.lora_B`, each.b] as const,
  ])
  return Object.fromEntries(entries)
}
