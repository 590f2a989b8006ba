// `captune cache prune`: deletes what was chosen and says how much that freed.
import { IncompleteError } from '../base/errors.ts'
import { chosenCaches, featureCaches, reasonToKeep, removeCache, type FeatureCache } from '../recipes/cache.ts'
import { bytes } from '../tables/format.ts'

export interface PruneOptions {
  readonly older?: number
  readonly incomplete?: boolean
  readonly dryRun?: boolean
}

/** Throws IncompleteError where a chosen cache had to stay, after the others are gone. */
export async function pruneCaches(fingerprints: readonly string[], { older, incomplete, dryRun }: PruneOptions): Promise<void> {
  const chosen = chosenCaches(featureCaches(), { fingerprints, older, incomplete })
  if (chosen.length === 0) return console.log('No cache is like that; nothing was deleted.')
  if (dryRun === true) return tellPlan(chosen)
  let freed = 0
  const kept: string[] = []
  for (const cache of chosen) {
    try {
      freed += await removeCache(cache)
      console.log(`deleted ${nameOf(cache)}`)
    } catch (error) {
      if (!(error instanceof IncompleteError)) throw error
      kept.push(error.message)
    }
  }
  console.log(`${bytes(freed)} freed`)
  if (kept.length > 0) throw new IncompleteError(kept.join('\n'))
}

function tellPlan(chosen: readonly FeatureCache[]): void {
  const going = chosen.filter((cache) => reasonToKeep(cache) === undefined)
  for (const cache of going) console.log(`would delete ${nameOf(cache)}`)
  for (const cache of chosen) {
    const reason = reasonToKeep(cache)
    if (reason !== undefined) console.log(`would keep ${nameOf(cache)}: ${reason}`)
  }
  console.log(`${bytes(going.reduce((sum, cache) => sum + cache.bytes, 0))} would be freed`)
}

/** `3f2a94c07d1b5e68 (all of train, clip.safetensors, 532.5 kB, complete)`. */
function nameOf({ fingerprint, meta, origin, bytes: size, state }: FeatureCache): string {
  const what = [meta?.kind, origin && `of ${origin.images}`].filter(Boolean).join(' ')
  return `${fingerprint} (${[what, origin?.encoder, bytes(size), state].filter(Boolean).join(', ')})`
}
