// What an image encoder needs to know beside its weights, each item from the first source that tells it, with the name of that source.
import type { Activation } from '../nn/activation.ts'

/** How pixels become a model's input: resized by `size / crop_pct`, cropped, scaled to [0, 1], colours normalised. */
export interface Preprocessing {
  /** Side of the square input in pixels. */
  readonly size: number
  /** Of red, green, blue in [0, 1]. */
  readonly mean: Colour
  readonly std: Colour
  /** The share of the resized picture's side that the crop keeps. */
  readonly crop_pct: number
  /** `center` keeps proportions and cuts the long side's ends; `squash` distorts to a square first. */
  readonly crop: 'center' | 'squash'
  readonly interpolation: 'bicubic'
}

export type Colour = readonly [number, number, number]

/** Colour statistics of the published CLIP models. */
export const clipColours = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const satisfies Pick<Preprocessing, 'mean' | 'std'>

/** Colours that map [0, 1] to [-1, 1], as Inception's did. */
export const plainColours = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const satisfies Pick<Preprocessing, 'mean' | 'std'>

export const imageNetColours = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const satisfies Pick<Preprocessing, 'mean' | 'std'>

/** Everything that shapes do not tell. */
export interface Facts extends Omit<Preprocessing, 'size'> {
  readonly image_heads: number
  readonly text_heads: number
  readonly activation: Activation
  /** Added to the variance in every LayerNorm. */
  readonly epsilon: number
}

/** Some of the facts. */
export type Told = { readonly [Fact in keyof Facts]?: Facts[Fact] | undefined }

export interface Source {
  /** For people: `config.json`, `the name vit_base_patch16_224.augreg_in1k`. */
  readonly from: string
  readonly told: Told
  /** Whether this is what such files usually need, not what was found out about this one. */
  readonly assumed?: boolean
  /** Whether the file itself does not tell it: its name does, or a file beside it. */
  readonly outside?: boolean
}

export interface Settled {
  readonly facts: Facts
  /** Where each fact was found. */
  readonly origins: Readonly<Record<keyof Facts, string>>
  /** The facts that are assumed. */
  readonly assumed: readonly (keyof Facts)[]
  /** What outside sources tell and the file alone would not, in words; empty where it makes no difference. */
  readonly beyond: string
}

const names = [
  'image_heads',
  'text_heads',
  'activation',
  'epsilon',
  'mean',
  'std',
  'crop_pct',
  'crop',
  'interpolation',
] as const satisfies readonly (keyof Facts)[]

/** Every fact from the first of `sources` that tells it; throws where none does: the last must tell them all. */
export function settle(sources: readonly Source[]): Settled {
  const chosen = names.map((name) => ({ name, source: telling(name, sources) }))
  const facts = Object.fromEntries(chosen.map(({ name, source }) => [name, source.told[name]])) as unknown as Facts
  const inside = sources.filter(({ outside }) => outside !== true)
  const differing = names.filter((name) => factText(facts[name]) !== factText(telling(name, inside).told[name]!))
  return {
    facts,
    origins: Object.fromEntries(chosen.map(({ name, source }) => [name, source.from])) as Settled['origins'],
    assumed: chosen.filter(({ source }) => source.assumed === true).map(({ name }) => name),
    beyond: factsText(facts, differing),
  }
}

function telling(name: keyof Facts, sources: readonly Source[]): Source {
  const source = sources.find(({ told }) => told[name] !== undefined)
  if (source === undefined) throw new Error(`no source tells ${name}`)
  return source
}

/** `epsilon 0.000001, mean 0.5 0.5 0.5`, for sentences. */
export function factsText(facts: Facts, which: readonly (keyof Facts)[]): string {
  return which.map((name) => `${name} ${factText(facts[name])}`).join(', ')
}

/** One fact as people read it. */
export function factText(fact: Facts[keyof Facts]): string {
  return typeof fact === 'object' ? fact.join(' ') : String(fact)
}
