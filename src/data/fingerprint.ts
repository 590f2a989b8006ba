// The identity of a set of files: equal exactly where names and contents are. Contents that did not change are not read again.
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemCode, UserError } from '../base/errors.ts'
import { sha256, sha256OfFile, writeAtomically } from '../base/files.ts'

export interface NamedFile {
  /** What counts: a folder may move without changing its fingerprint. */
  readonly name: string
  readonly path: string
}

/** What is known of a file's content, as long as size and time stay. */
interface Known {
  readonly size: number
  readonly mtimeMs: number
  readonly sha256: string
}

const AT_ONCE = 8
// A file may change again within one tick of its file system's clock without a trace: hashes of files as young as this are not kept.
const YOUNGEST_KEPT_MS = 2000

/**
 * SHA-256 over the sorted (name, SHA-256 of content) of `files`, 64 hexadecimal digits. `cacheFile` remembers the contents' hashes by
 * path, size and modification time. UserError where a file is missing or cannot be read.
 */
export async function fingerprint(files: readonly NamedFile[], cacheFile?: string): Promise<string> {
  const hashes = await contentHashes(files, cacheFile)
  const names = Object.keys(hashes).sort()
  return sha256(JSON.stringify(names.map((name) => [name, hashes[name]])))
}

/** Name -> SHA-256 of the file's content, as `sha256sum` prints it; `cacheFile` and errors as of `fingerprint`. */
export async function contentHashes(files: readonly NamedFile[], cacheFile?: string): Promise<Record<string, string>> {
  const known = cacheFile === undefined ? new Map<string, Known>() : readKnown(cacheFile)
  let learned = 0
  const hashes = new Map<string, string>()
  const queue = files.values()

  async function work(): Promise<void> {
    for (const { name, path } of queue) {
      if (hashes.has(name)) throw new Error(`fingerprint: two files are named ${name}`)
      hashes.set(name, '')
      const { size, mtimeMs } = statOf(path)
      const key = resolve(path)
      const entry = known.get(key)
      const current = entry?.size === size && entry.mtimeMs === mtimeMs
      const hash = current ? entry.sha256 : await sha256OfFile(path)
      if (!current && Date.now() - mtimeMs > YOUNGEST_KEPT_MS) {
        known.set(key, { size, mtimeMs, sha256: hash })
        learned++
      }
      hashes.set(name, hash)
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (cacheFile !== undefined && learned > 0) writeAtomically(cacheFile, JSON.stringify([...known]))
  return Object.fromEntries(hashes)
}

/** At once: to wait for each of twelve thousand answers takes five times as long as the answers. */
function statOf(path: string): { size: number; mtimeMs: number } {
  try {
    return statSync(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw new UserError(`${path}: the file is missing.`)
    throw error
  }
}

/** The cache as it was last read: a run asks a dozen times, and twelve thousand entries take 40 ms to parse. */
let lastRead: { readonly path: string; readonly state: string; readonly known: Map<string, Known> } | undefined

/** A cache that cannot be used is an empty one. */
function readKnown(path: string): Map<string, Known> {
  try {
    const { size, mtimeMs } = statSync(path)
    const state = `${size} bytes of ${mtimeMs}`
    if (lastRead?.path === path && lastRead.state === state) return lastRead.known
    const entries = JSON.parse(readFileSync(path, 'utf8')) as unknown
    lastRead = { path, state, known: new Map(Array.isArray(entries) ? entries.filter(isEntry) : []) }
    return lastRead.known
  } catch {
    return new Map()
  }
}

function isEntry(entry: unknown): entry is [string, Known] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false
  const known = entry[1] as Partial<Record<keyof Known, unknown>> | null | undefined
  return typeof known?.size === 'number' && typeof known.mtimeMs === 'number' && typeof known.sha256 === 'string'
}
