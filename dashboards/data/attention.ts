// Where the words of a caption looked, from the file that `captune attend` keeps for an image of a run.
import { existsSync } from 'node:fs'
import { messageOf, UserError } from '../../src/base/errors.ts'
import { readAttention } from '../../src/checkpoint/attention-file.ts'
import { usualChoice, wordMaps } from '../../src/checkpoint/attention-maps.ts'
import type { HeatMap } from '../../src/images/heat-map.ts'
import type { Rectangle } from '../../src/images/rgb-image.ts'

export interface Attention {
  readonly words: readonly string[]
  /** One for each word: the last layer's, the mean of its heads. */
  readonly maps: readonly HeatMap[]
  /** In pixels of the whole image. */
  readonly seen: Rectangle
}

export type AttentionAnswer = Attention | { readonly problem: string }

/** The attention in such a file, or why there is none. */
export function attentionOf(path: string): AttentionAnswer {
  if (!existsSync(path)) return { problem: 'no attention was kept for this image; `captune attend` makes it' }
  try {
    const attended = readAttention(path)
    const [left, top, width, height] = attended.crop as [number, number, number, number]
    const maps = wordMaps(attended, usualChoice).map(({ map }) => map)
    return { words: attended.words, maps, seen: { left, top, width, height } }
  } catch (error) {
    if (error instanceof UserError) return { problem: messageOf(error) }
    throw error
  }
}
