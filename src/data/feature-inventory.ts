// What lies in the folder of all feature caches, whole or not, and how to take one away that nobody is writing.
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { systemCode, UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import { flawOf } from './feature-cache.ts'
import {
  indexFile,
  lockFile,
  readIndex,
  rowsIn,
  type FeatureIndex,
  type FeatureMeta,
  type FeatureOrigin,
} from './feature-index.ts'
import { lockHolder, takeLock } from './writer-lock.ts'

export interface CachedFeatures {
  readonly folder: string
  /** The folder's name. */
  readonly fingerprint: string
  /** `damaged`: the index cannot be read or a shard is missing or cut. Rows are not looked at: reading them does that. */
  readonly state: 'complete' | 'incomplete' | 'damaged'
  /** Why it cannot be used; undefined for a complete one. */
  readonly flaw: string | undefined
  /** What its index says; undefined where nothing was written yet or it cannot be read. */
  readonly meta: FeatureMeta | undefined
  readonly origin: FeatureOrigin | undefined
  /** Images whose features are there. */
  readonly rows: number
  /** On disk. */
  readonly bytes: number
  /** When it was last read or written, in milliseconds since 1970. */
  readonly used: number
  /** The process that is writing it: "process 12". */
  readonly writer: string | undefined
}

/** Every cache below `parent`, the one used last first; none where there is no such folder. */
export function cachedFeatures(parent: string): CachedFeatures[] {
  if (!existsSync(parent)) return []
  const folders = readdirSync(parent, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && /^[\da-f]{16}$/.test(entry.name),
  )
  return folders.map(({ name }) => describe(join(parent, name))).sort((a, b) => b.used - a.used)
}

function describe(folder: string): CachedFeatures {
  const { index, unreadable } = indexOf(folder)
  const rows = rowsIn(index?.shards ?? [])
  const flaw = unreadable ?? (index === undefined ? `${folder}: nothing was written yet.` : flawOf(folder, index))
  const unfinished = unreadable === undefined && rows < (index?.meta.stems.length ?? 1)
  return {
    folder,
    fingerprint: basename(folder),
    state: flaw === undefined ? 'complete' : unfinished ? 'incomplete' : 'damaged',
    flaw,
    meta: index?.meta,
    origin: index?.origin,
    rows,
    bytes: filesIn(folder).reduce((sum, file) => sum + file.size, 0),
    used: statSync(index === undefined ? folder : indexFile(folder)).mtimeMs,
    writer: lockHolder(lockFile(folder)),
  }
}

function indexOf(folder: string): { index?: FeatureIndex; unreadable?: string } {
  if (!existsSync(indexFile(folder))) return {}
  try {
    return { index: readIndex(folder) }
  } catch (error) {
    if (error instanceof UserError) return { unreadable: error.message }
    throw error
  }
}

/** The cache's own files, and what killed writers left of them; not the lock. */
function filesIn(folder: string): { path: string; size: number }[] {
  const own = /^(meta\.json|\d{5}\.safetensors)(\.[\da-f]{8}\.tmp)?$/
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && own.test(entry.name))
  return files.map(({ name }) => ({ path: join(folder, name), size: statSync(join(folder, name)).size }))
}

/**
 * Deletes a cache and gives the bytes that this freed. Throws UserError, and deletes nothing, where a process is writing it. What is
 * not a file of the cache's stays, and its folder with it.
 */
export async function removeFeatures({ folder }: CachedFeatures): Promise<number> {
  const release = await takeLock(lockFile(folder), 'these features')
  let freed = 0
  try {
    const files = filesIn(folder)
    rmSync(indexFile(folder), { force: true }) // first: without it the rest is nothing, should this process be killed now
    for (const { path, size } of files) {
      rmSync(path, { force: true })
      freed += size
    }
  } catch (error) {
    throw writeFailure(folder, error)
  } finally {
    release()
  }
  removeIfEmpty(folder)
  return freed
}

/** Another process may have begun to write there again. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(systemCode(error) ?? '')) throw writeFailure(folder, error)
  }
}
