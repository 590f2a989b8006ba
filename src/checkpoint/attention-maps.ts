// One map per word out of all that a caption's attention file holds.
import { UserError } from '../base/errors.ts'
import { endOfText, type AttendedCaption } from './attention-file.ts'

export interface AttentionChoice {
  /** The last that looks, the mean of those that look, what all layers together pass on, or one by its number in the decoder. */
  readonly layer: 'last' | 'mean' | 'rollout' | number
  readonly head: 'mean' | number
  /** `<|endoftext|>` and the class token: shown, or left out and the rest made 1 again. */
  readonly special: 'show' | 'drop'
}

/** What the course's example shows. */
export const usualChoice: AttentionChoice = { layer: 'last', head: 'mean', special: 'show' }

export interface WordMap {
  readonly word: string
  /** Weights of the patches, row by row from the upper left; with the class token's their sum is 1. */
  readonly map: { readonly rows: number; readonly columns: number; readonly values: Float32Array }
  /** The class token's weight; undefined where there is none or it was left out. */
  readonly classToken: number | undefined
}

/** The map of each word. UserError where the chosen layer or head is not there. */
export function wordMaps(attended: AttendedCaption, choice: AttentionChoice): WordMap[] {
  const rows = chosenRows(attended, choice)
  const [down, across] = attended.grid as [number, number]
  const isDropped = choice.special === 'drop'
  const maps = attended.words.map((word, i) => {
    const row = rows[i]!
    const patches = row.subarray(row.length - down * across)
    const classToken = row.length > patches.length ? row[0] : undefined
    const values = isDropped ? patches.map((value) => value / sum(patches)) : patches
    return { word, map: { rows: down, columns: across, values }, classToken: isDropped ? undefined : classToken }
  })
  return isDropped && maps.at(-1)!.word === endOfText ? maps.slice(0, -1) : maps
}

/** The choice in words: `layer 3, mean of 4 heads`. UserError where the chosen layer or head is not there. */
export function choiceText({ layers, attention }: AttendedCaption, { layer, head }: AttentionChoice): string {
  const heads = attention.shape[1]!
  if (layer === 'rollout') return `rollout of ${layers.length} layers`
  const which = layer === 'mean' ? `mean of ${layers.length} layers` : `layer ${layer === 'last' ? layers.at(-1)! : layer}`
  return `${which}, ${head === 'mean' ? `mean of ${heads} heads` : `head ${head}`}`
}

/** Of each word the weights over all tokens. */
function chosenRows({ attention, rollout, layers }: AttendedCaption, { layer, head }: AttentionChoice): Float32Array[] {
  const [, heads, words, tokens] = attention.shape as [number, number, number, number]
  if (head !== 'mean' && (head >= heads || layer === 'rollout'))
    throw new UserError(
      layer === 'rollout'
        ? `head ${head}: the rollout is of all heads together; choose a layer too, or leave the head out.`
        : `head ${head}: the cross-attention has heads 0 to ${heads - 1}; one of these or mean is needed.`,
    )
  if (layer === 'rollout') return split(rollout.data, words, tokens)
  const chosenHeads = head === 'mean' ? [...Array(heads).keys()] : [head]
  const tables = layerPlaces(layers, layer).flatMap((place) => chosenHeads.map((each) => place * heads + each))
  const mean = new Float32Array(words * tokens)
  for (const table of tables) {
    const begin = table * mean.length
    mean.forEach((_, i) => (mean[i]! += attention.data[begin + i]! / tables.length))
  }
  return split(mean, words, tokens)
}

function layerPlaces(layers: readonly number[], layer: 'last' | 'mean' | number): number[] {
  if (layer === 'last') return [layers.length - 1]
  if (layer === 'mean') return [...layers.keys()]
  if (!layers.includes(layer))
    throw new UserError(
      `layer ${layer}: the decoder looks at images in the layers ${layers.join(', ')}; one of these, last, mean or rollout is needed.`,
    )
  return [layers.indexOf(layer)]
}

function split(values: Float32Array, rows: number, columns: number): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => values.subarray(row * columns, (row + 1) * columns))
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0)
}
