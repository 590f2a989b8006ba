// The feature caches of the runs folder: what they are, which runs read them, and which may go.
import { IncompleteError, messageOf, UserError } from '../base/errors.ts'
import { cachedFeatures, removeFeatures, type CachedFeatures } from '../data/feature-inventory.ts'
import { openReader } from '../tracking/reader.ts'
import { databasePath, featuresFolder } from './places.ts'

export interface FeatureCache extends CachedFeatures {
  /** Ids of the runs that have read it, the newest first. */
  readonly runs: readonly string[]
  /** Those of them that are running now. */
  readonly running: readonly string[]
}

/** Every cache, the one used last first. */
export function featureCaches(): FeatureCache[] {
  const caches = cachedFeatures(featuresFolder())
  if (caches.length === 0) return []
  const readers = runsByCache()
  return caches.map((cache) => {
    const runs = readers.get(cache.fingerprint) ?? []
    const ids = (which: typeof runs) => which.map(({ id }) => id)
    return { ...cache, runs: ids(runs), running: ids(runs.filter(({ running }) => running)) }
  })
}

/** Runs say in their record which features they read (`featureFacts` in encode.ts). */
function runsByCache(): Map<string, { id: string; running: boolean }[]> {
  const byCache = new Map<string, { id: string; running: boolean }[]>()
  const reader = openReader(databasePath())
  try {
    for (const { id, state } of reader.runs({ hidden: true })) {
      const facts = Object.entries(reader.environment(id)).filter(([key]) => key.startsWith('features.'))
      for (const cache of new Set(facts.map(([, value]) => value)))
        byCache.set(cache, [...(byCache.get(cache) ?? []), { id, running: state === 'running' }])
    }
  } finally {
    reader.close()
  }
  return byCache
}

/** A cache goes where all that is given holds for it. */
export interface PruneChoice {
  /** Beginnings of fingerprints, each of one cache alone. */
  readonly fingerprints: readonly string[]
  /** Days since it was last used. */
  readonly older?: number | undefined
  /** Those alone that are of no use as they are. */
  readonly incomplete?: boolean | undefined
}

const day = 86_400_000

/** The caches that `choice` means. UserError where it says nothing, or a fingerprint is that of no cache or of several. */
export function chosenCaches(caches: readonly FeatureCache[], { fingerprints, older, incomplete }: PruneChoice): FeatureCache[] {
  if (fingerprints.length === 0 && older === undefined && incomplete !== true)
    throw new UserError(
      'captune cache prune: nothing was chosen; name fingerprints (`captune cache ls` lists them), --older DAYS or --incomplete.',
    )
  const named = new Set(fingerprints.map((text) => only(caches, text)))
  return caches.filter(
    (cache) =>
      (named.size === 0 || named.has(cache)) &&
      (older === undefined || Date.now() - cache.used >= older * day) &&
      (incomplete !== true || cache.state !== 'complete'),
  )
}

function only(caches: readonly FeatureCache[], text: string): FeatureCache {
  const [found, ...others] = caches.filter(({ fingerprint }) => fingerprint.startsWith(text))
  if (found === undefined)
    throw new UserError(`captune cache prune: no cache's fingerprint begins with "${text}"; \`captune cache ls\` lists them.`)
  if (others.length > 0)
    throw new UserError(`captune cache prune: ${others.length + 1} fingerprints begin with "${text}"; more of it is needed.`)
  return found
}

/** Why a cache must stay for now: somebody is writing it, or a run that is under way reads it. */
export function reasonToKeep({ writer, running }: FeatureCache): string | undefined {
  if (writer !== undefined) return `${writer} is writing it`
  return running.length === 0 ? undefined : `run ${running.join(', ')} is reading it`
}

/** Deletes a cache; the bytes that this freed. IncompleteError where it must stay. */
export async function removeCache(cache: FeatureCache): Promise<number> {
  const reason = reasonToKeep(cache)
  if (reason !== undefined) throw new IncompleteError(`${cache.fingerprint} is kept: ${reason}.`)
  try {
    return await removeFeatures(cache)
  } catch (error) {
    throw error instanceof UserError ? new IncompleteError(`${cache.fingerprint} is kept: ${messageOf(error)}`) : error
  }
}
