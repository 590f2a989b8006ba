// What the captions remember: order and search, which image, which attempt, which word.
import type { CaptionOrder } from '../data/captions.ts'

export interface CaptionsState {
  readonly order: CaptionOrder
  /** Only images in whose texts this occurs. */
  readonly search: string
  /** By name; undefined: the first. */
  readonly image: string | undefined
  /** The attempt with the cursor, by its run; undefined: the first. */
  readonly attempt: string | undefined
  /** The word whose attention lies over the image; undefined: the image as it is. */
  readonly word: number | undefined
  /** First line of the texts that is shown. */
  readonly scroll: number
}

export const captionsState: CaptionsState = {
  order: 'disagreement',
  search: '',
  image: undefined,
  attempt: undefined,
  word: undefined,
  scroll: 0,
}
