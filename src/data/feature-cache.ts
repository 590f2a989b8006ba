// The features of every image of a data set, computed once: `meta.json` and shards of float16 rows in sorted file-name order. Rows are
// read by position and checked against their checksums; the cache is never in memory as a whole.
import { closeSync, openSync, readSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { systemCode, UserError } from '../base/errors.ts'
import { halfToFloat } from '../base/half.ts'
import { sizeOf } from '../base/nd-array.ts'
import { indexFile, isPresent, readIndex, rowsIn } from './feature-index.ts'
import type { FeatureIndex, FeatureMeta, FeatureOrigin, Shard } from './feature-index.ts'

export { featureMeta } from './feature-index.ts'
export type { FeatureMeta, FeatureOrigin, FeatureSource } from './feature-index.ts'
export { featureWriter } from './feature-writer.ts'
export type { FeatureWriter, WriterOptions } from './feature-writer.ts'

export interface Features {
  readonly meta: FeatureMeta
  readonly origin: FeatureOrigin | undefined
  /** Number of images. */
  readonly rows: number
  readonly rowShape: readonly number[]
  /** Rows by position, (indices, ...rowShape). Throws UserError where a row was damaged on disk. */
  readonly read: (indices: readonly number[]) => Float32Array
  /** Closes the files; reading opens them again. */
  readonly close: () => void
}

/** Whether the cache of `meta` is there and whole; a quick look that reads no features. */
export function featuresAreComplete(folder: string, meta: FeatureMeta): boolean {
  try {
    const index = readIndex(folder)
    return index.meta.fingerprint === meta.fingerprint && flawOf(folder, index) === undefined
  } catch (error) {
    if (error instanceof UserError) return false
    throw error
  }
}

/** Opens a finished cache. UserError where it is missing, unfinished or lacks a file. */
export function openFeatures(folder: string): Features {
  const index = readIndex(folder)
  const flaw = flawOf(folder, index)
  if (flaw !== undefined) throw new UserError(flaw)
  rememberUse(folder)
  const { meta, origin, shards } = index
  const { rowShape } = meta
  const rowSize = sizeOf(rowShape)
  const places = shards.flatMap((shard) => Array.from({ length: shard.rows }, (_, row) => ({ shard, row })))
  const files = openFiles(folder)
  const bytes = Buffer.alloc(rowSize * 2)
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, rowSize)

  function readRow(position: number, target: Float32Array): void {
    const place = places[position]
    if (place === undefined) throw new Error(`${folder}: row ${position} of ${places.length}`)
    const { shard, row } = place
    const offset = shard.bytes - (shard.rows - row) * bytes.length // the only entry's data ends the file
    const count = readSync(files.open(shard), bytes, 0, bytes.length, offset)
    if (count !== bytes.length || crc32(bytes) !== shard.crc32[row])
      throw new UserError(
        `${join(folder, shard.file)}: the features of image ${meta.stems[position] ?? ''} (row ${row}) are damaged; delete this file and run \`captune encode\` again.`,
      )
    halfToFloat(halves, target)
  }

  function read(indices: readonly number[]): Float32Array {
    const result = new Float32Array(indices.length * rowSize)
    indices.forEach((position, i) => readRow(position, result.subarray(i * rowSize, (i + 1) * rowSize)))
    return result
  }

  return { meta, origin, rows: places.length, rowShape, read, close: files.close }
}

/** The index's time tells when the features were last used; who may only read them leaves it as it is. */
function rememberUse(folder: string): void {
  try {
    const now = new Date()
    utimesSync(indexFile(folder), now, now)
  } catch (error) {
    if (!['EPERM', 'EACCES', 'EROFS'].includes(systemCode(error) ?? '')) throw error
  }
}

/** What keeps a cache from being used, as a sentence; undefined for a whole one. */
export function flawOf(folder: string, { meta, shards }: FeatureIndex): string | undefined {
  const rows = rowsIn(shards)
  if (rows !== meta.stems.length)
    return `${folder}: the features of ${rows} of ${meta.stems.length} images are there; run \`captune encode\` again for the rest.`
  const absent = shards.find((shard) => !isPresent(folder, shard))
  return absent && `${join(folder, absent.file)}: missing or cut; run \`captune encode\` again.`
}

const MOST_OPEN = 16

/** Keeps the files used last open. */
function openFiles(folder: string): { open: (shard: Shard) => number; close: () => void } {
  const handles = new Map<string, number>() // the one used longest ago comes first

  function open({ file }: Shard): number {
    const handle = handles.get(file) ?? openFile(join(folder, file))
    handles.delete(file)
    handles.set(file, handle)
    const [oldest] = handles
    if (handles.size > MOST_OPEN && oldest !== undefined) {
      handles.delete(oldest[0])
      closeSync(oldest[1])
    }
    return handle
  }

  function close(): void {
    for (const handle of handles.values()) closeSync(handle)
    handles.clear()
  }

  return { open, close }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw new UserError(`${path}: cannot be opened any more; run \`captune encode\` again.`, { cause })
  }
}
