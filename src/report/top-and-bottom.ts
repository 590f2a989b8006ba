// The pairs of image and caption that CLIPScore likes best and least among those that a run was scored on.
import type { Reader } from '../tracking/reader.ts'

export interface ScoredPair {
  /** The image's stem. */
  readonly image: string
  /** Where the image lies; undefined where it was not recorded. */
  readonly path: string | undefined
  readonly caption: string
  readonly clipscore: number
  readonly cider: number | undefined
  /** What people wrote of the image. */
  readonly references: readonly string[]
}

export interface TopAndBottom {
  /** The best first. */
  readonly top: readonly ScoredPair[]
  /** The worst first; none of them is among the top. */
  readonly bottom: readonly ScoredPair[]
  /** How many pairs were ranked. */
  readonly of: number
}

/** The `count` pairs of `split` at either end, as the run was last scored; of equals the earlier name is better. Empty without CLIPScores. */
export function topAndBottom(reader: Reader, run: string, { split = 'val', count = 1 } = {}): TopAndBottom {
  const data = reader.environment(run)['data.fingerprint'] ?? ''
  const pairs = reader.samples(run, split).flatMap(({ image, caption, clipscore, cider }): ScoredPair[] => {
    if (clipscore === undefined) return []
    const [path, references] = [reader.imagePath(data, image), reader.references(data, image)]
    return [{ image, path, caption, clipscore, cider, references }]
  })
  const ranked = pairs.sort((a, b) => b.clipscore - a.clipscore) // stable: samples are sorted by image
  const top = ranked.slice(0, count)
  return { top, bottom: ranked.slice(Math.max(count, ranked.length - count)).reverse(), of: ranked.length }
}
