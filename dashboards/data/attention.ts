// Where the words of a caption looked, from the file that a run has for an image: one array [layers, heads, words, tokens] with the words,
// the grid of patches and the part of the image that was seen in its metadata.
import { existsSync } from 'node:fs'
import { messageOf, UserError } from '../../src/base/errors.ts'
import { readSafetensors } from '../../src/checkpoint/safetensors.ts'
import type { Rectangle } from '../../src/images/rgb-image.ts'
import type { HeatMap } from '../pictures/heat.ts'

export interface Attention {
  readonly words: readonly string[]
  /** One for each word: the last layer's, the mean of its heads. */
  readonly maps: readonly HeatMap[]
  /** In pixels of the whole image; undefined: all of it. */
  readonly seen: Rectangle | undefined
}

export type AttentionAnswer = Attention | { readonly problem: string }

/** The attention in such a file, or why there is none. */
export function attentionOf(path: string): AttentionAnswer {
  if (!existsSync(path)) return { problem: 'no attention was kept for this image' }
  try {
    return readAttention(path)
  } catch (error) {
    if (error instanceof UserError) return { problem: messageOf(error) }
    throw error
  }
}

function readAttention(path: string): Attention {
  const file = readSafetensors(path)
  const name = file.names[0]
  const shape = name === undefined ? [] : file.spec(name).shape
  const { words: text = '[]', grid = '', crop = '' } = file.metadata
  const words = wordList(text)
  const [rows = 0, columns = 0] = numbersIn(grid)
  const [layers = 0, heads = 0, count = 0, tokens = 0] = shape
  if (
    name === undefined ||
    shape.length !== 4 ||
    layers < 1 ||
    heads < 1 ||
    count !== words?.length ||
    rows * columns < 1 ||
    tokens < rows * columns
  )
    throw new UserError(`${path}: does not hold the attention of words over patches; make it again.`)
  const values = file.read(name).data
  const lastLayer = (layers - 1) * heads * count * tokens
  const maps = words.map((_, word) => {
    const map = new Float32Array(rows * columns)
    for (let head = 0; head < heads; head++) {
      const end = lastLayer + (head * count + word + 1) * tokens // patches come last, behind the class token
      for (let i = 0; i < map.length; i++) map[i]! += values[end - map.length + i]! / heads
    }
    return { rows, columns, values: map }
  })
  const [left, top, width, height] = numbersIn(crop)
  const seen = height === undefined ? undefined : { left: left!, top: top!, width: width!, height }
  return { words, maps, seen }
}

function wordList(text: string): string[] | undefined {
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined
  } catch {
    return undefined
  }
}

/** `[7, 7]` or `7x7`. */
function numbersIn(text: string): number[] {
  return (text.match(/\d+(\.\d+)?/g) ?? []).map(Number)
}
