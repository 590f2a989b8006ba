// What is known of published weights by their names alone: timm's identifiers (from timm 1.0.31) and what CLIPs are called elsewhere.
// The activation is the one that the weights were trained with, which is not always the one that a library runs.
import { resolve, sep } from 'node:path'
import { clipColours, imageNetColours, plainColours } from './facts.ts'
import type { Source, Told } from './facts.ts'

/** One row of timm's table: some tags of an architecture. The first tag of an architecture is the one that its bare name means. */
type Row = readonly [architecture: string, tags: string, crop_pct: number, crop: 'center' | 'squash', colours: Told]

const [clip, plain, imageNet] = [clipColours, plainColours, imageNetColours]
const augreg = 'augreg2_in21k_ft_in1k augreg_in21k_ft_in1k orig_in21k_ft_in1k augreg_in1k orig_in21k augreg_in21k sam_in1k'

// prettier-ignore
const rows: readonly Row[] = [
  ['vit_base_patch32_clip_224', 'laion2b_ft_in12k_in1k openai_ft_in12k_in1k laion2b_ft_in1k openai_ft_in1k laion2b laion400m_e32 openai', 0.9, 'center', clip],
  ['vit_base_patch32_clip_224', 'datacompxl metaclip_2pt5b metaclip_400m', 1, 'center', clip],
  ['vit_base_patch32_clip_256', 'datacompxl', 1, 'center', clip],
  ['vit_base_patch32_clip_384', 'laion2b_ft_in12k_in1k', 1, 'center', clip],
  ['vit_base_patch32_clip_384', 'openai_ft_in12k_in1k', 0.95, 'squash', clip],
  ['vit_base_patch32_clip_448', 'laion2b_ft_in12k_in1k', 1, 'center', clip],
  ['vit_base_patch16_clip_224', 'laion2b_ft_in12k_in1k openai_ft_in12k_in1k', 0.95, 'center', clip],
  ['vit_base_patch16_clip_224', 'openai_ft_in1k laion2b_ft_in12k openai_ft_in12k openai', 0.9, 'center', clip],
  ['vit_base_patch16_clip_224', 'laion2b_ft_in1k laion2b laion400m_e32 datacompxl dfn2b metaclip_2pt5b metaclip_400m', 1, 'center', clip],
  ['vit_base_patch16_plus_clip_240', 'laion400m_e32', 1, 'center', clip],
  ['vit_base_patch16_clip_384', 'laion2b_ft_in12k_in1k laion2b_ft_in1k openai_ft_in1k', 1, 'squash', clip],
  ['vit_base_patch16_clip_384', 'openai_ft_in12k_in1k', 0.95, 'squash', clip],
  ['vit_large_patch14_clip_224', 'laion2b_ft_in12k_in1k laion2b_ft_in1k laion2b_ft_in12k laion2b', 1, 'center', plain],
  ['vit_large_patch14_clip_224', 'openai_ft_in12k_in1k openai_ft_in1k openai_ft_in12k laion400m_e32 datacompxl dfn2b_s39b dfn2b metaclip_2pt5b metaclip_400m openai apple_mclip2_dfndr2b', 1, 'center', clip],
  ['vit_large_patch14_clip_336', 'laion2b_ft_in12k_in1k laion2b_ft_in1k', 1, 'squash', plain],
  ['vit_large_patch14_clip_336', 'openai_ft_in12k_in1k', 1, 'squash', clip],
  ['vit_large_patch14_clip_336', 'openai', 1, 'center', clip],
  ['vit_huge_patch14_clip_224', 'laion2b_ft_in12k_in1k laion2b_ft_in1k laion2b_ft_in12k laion2b dfn5b metaclip2_worldwide metaclip_2pt5b metaclip_altogether', 1, 'center', clip],
  ['vit_huge_patch14_clip_336', 'laion2b_ft_in12k_in1k laion2b_ft_in1k', 1, 'squash', clip],
  ['vit_huge_patch14_clip_378', 'dfn5b', 1, 'center', clip],
  ['vit_huge_patch14_clip_378', 'metaclip2_worldwide', 1, 'squash', clip],
  ['vit_base_patch16_224', augreg, 0.9, 'center', plain],
  ['vit_base_patch16_224', 'dino mae', 0.9, 'center', imageNet],
  ['vit_base_patch16_224', 'bamboo', 1, 'center', clip],
  ['vit_base_patch32_224', augreg, 0.9, 'center', plain],
  ['vit_base_patch8_224', augreg, 0.9, 'center', plain],
  ['vit_base_patch8_224', 'dino', 0.9, 'center', imageNet],
  ['vit_large_patch16_224', augreg, 0.9, 'center', plain],
  ['vit_large_patch16_224', 'mae', 0.9, 'center', imageNet],
  ['vit_large_patch32_224', augreg, 0.9, 'center', plain],
  ['vit_huge_patch14_224', augreg, 0.9, 'center', plain],
  ['vit_huge_patch14_224', 'mae', 0.9, 'center', imageNet],
  ['vit_base_patch16_384', augreg, 1, 'center', plain],
  ['vit_base_patch32_384', augreg, 1, 'center', plain],
  ['vit_large_patch16_384', augreg, 1, 'center', plain],
  ['vit_large_patch32_384', augreg, 1, 'center', plain],
]

/** Tags whose weights were trained with QuickGELU, though timm runs them with GELU under the plain architecture's name. */
const trainedQuick = /^vit_(?:(?:base_patch(?:16|32)|large_patch14|huge_patch14)_clip_\d+\.(?:openai|metaclip_2pt5b|metaclip_400m|dfn2b|dfn5b)|base_patch32_clip_224\.laion400m_e32|huge_patch14_clip_224\.metaclip2_worldwide)$/ // prettier-ignore

export interface TimmName extends Source {
  /** `vit_base_patch16_clip_quickgelu_224.openai` */
  readonly id: string
  /** The tag that the bare architecture means. */
  readonly firstTag: string
  /** Whether timm computes QuickGELU under this very name. */
  readonly timmRunsQuick: boolean
}

/**
 * What timm's identifier says (`architecture.tag`, or an architecture that stands for its first tag); undefined where timm has none of
 * that name. Of an unknown tag (somebody's fine-tuning) the colours and the crop are left out, and the activation is timm's.
 */
export function timmName(name: string, from: string): TimmName | undefined {
  const [written = '', tag = ''] = name.split('.')
  const architecture = written.replace('_quickgelu', '')
  const known = rows.filter(([its]) => its === architecture)
  if (known.length === 0) return undefined
  const row = tag === '' ? known[0] : known.find(([, tags]) => tags.split(' ').includes(tag))
  const isClip = architecture.includes('_clip_')
  const timmRunsQuick = written !== architecture
  const id = `${written}${tag === '' ? '' : `.${tag}`}`
  const quick = timmRunsQuick || trainedQuick.test(`${architecture}.${tag}`)
  const told: Told = {
    epsilon: isClip ? 1e-5 : 1e-6,
    activation: quick ? 'quick_gelu' : 'gelu',
    ...(row && {
      crop_pct: row[2],
      crop: row[3],
      mean: row[4].mean,
      std: row[4].std,
      interpolation: 'bicubic',
    }),
  }
  return { id, firstTag: known[0]![1].split(' ')[0]!, timmRunsQuick, from, told, outside: true }
}

/** The timm identifier in a path: in the file's name, else in its folder's, or a hub cache's. */
export function timmNameIn(path: string): TimmName | undefined {
  for (const part of nearNames(path)) {
    const name = /vit_[a-z]+_patch\d+(?:_[a-z]+)*_\d+(?:\.[a-z0-9]+(?:_[a-z0-9]+)*)?/.exec(part)?.[0]
    const found = name === undefined ? undefined : timmName(withoutEnding(name), `the name ${withoutEnding(name)}`)
    if (found !== undefined) return found
  }
  return undefined
}

/** What people call CLIPs outside of timm, most particular first. */
// prettier-ignore
const clipNames: readonly (readonly [RegExp, Told])[] = [
  [/dfn5b.*(vit-h-14|vit_h_14)|(vit-h-14|vit_h_14).*dfn5b/, { activation: 'quick_gelu', crop: 'squash' }],
  [/quickgelu|metaclip[-_](?!altogether)|dfn2b(?!-s39b|_s39b)|dfn5b/, { activation: 'quick_gelu' }],
  [/(vit-l-14|vit_l_14).*laion2b/, { activation: 'gelu', ...plainColours }],
  [/laion|datacomp|commonpool|altogether|dfn2b/, { activation: 'gelu' }],
  [/openai/, { activation: 'quick_gelu' }],
  [/open_clip|openclip/, { activation: 'gelu' }],
]

/** What the path calls a CLIP; undefined where it says nothing. */
export function clipNameIn(path: string): Source | undefined {
  for (const part of nearNames(path)) {
    const row = clipNames.find(([pattern]) => pattern.test(part.toLowerCase()))
    if (row !== undefined) return { from: `the name ${part}`, told: row[1], outside: true }
  }
  return undefined
}

/** The names of the file and of its folder; in a hub's cache, `models--NAME/snapshots/HASH/FILE`, that of the model. */
function nearNames(path: string): string[] {
  const [file = '', folder = '', snapshots, model = ''] = resolve(path).split(sep).toReversed()
  return [file, folder, ...(snapshots === 'snapshots' ? [model] : [])]
}

const withoutEnding = (name: string): string => name.replace(/\.(safetensors|bin|pt|pth)$/, '')
