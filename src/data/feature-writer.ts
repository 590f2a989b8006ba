// Writes a feature cache shard by shard. A killed process loses at most the shard it was filling; the next one goes on from there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { UserError } from '../base/errors.ts'
import { sha256 } from '../base/files.ts'
import { floats, sizeOf } from '../base/nd-array.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import { ENTRY, indexFile, isPresent, lockFile, readIndex, rowsIn, writeIndex } from './feature-index.ts'
import type { FeatureMeta, FeatureOrigin, Shard } from './feature-index.ts'
import { takeLock } from './writer-lock.ts'
import type { Patience } from './writer-lock.ts'

export interface FeatureWriter {
  /** Rows there already: the position in `meta.stems` that the next appended row belongs to. */
  readonly rows: number
  /** Appends any number of rows (n, ...rowShape). UserError where a value is not finite, float16 cannot hold it or the disk refuses. */
  readonly append: (rows: Float32Array) => void
  /** Writes what is left and checks that all rows came; the cache can now be opened. */
  readonly finish: () => void
  /** Writes what is left and lets others write: to be called in any case, also after an interruption. Does nothing the second time. */
  readonly close: () => void
}

/** Another process that writes the same features is waited for with patience: it may well finish them. */
export interface WriterOptions extends Patience {
  /** Rows in a shard; by default up to 256, and no more than 64 MiB. */
  readonly shardRows?: number
  readonly origin?: FeatureOrigin
}

/** Starts or resumes the cache in `folder`. Throws UserError where another process writes it or it holds other features. */
export async function featureWriter(folder: string, meta: FeatureMeta, options: WriterOptions = {}): Promise<FeatureWriter> {
  const rowSize = sizeOf(meta.rowShape)
  const { shardRows = Math.max(1, Math.min(256, meta.stems.length, Math.floor(2 ** 25 / rowSize))) } = options
  const release = await takeLock(lockFile(folder), 'these features', options)
  let shards: Shard[]
  try {
    shards = soundShards(folder, meta)
  } catch (error) {
    release()
    throw error
  }
  let stored = rowsIn(shards)
  let pendingRows = 0
  let closed = false
  const pending = new Float32Array(shardRows * rowSize)

  function append(rows: Float32Array): void {
    if (closed || rows.length % rowSize !== 0 || stored + pendingRows + rows.length / rowSize > meta.stems.length)
      throw new Error(
        `${folder}: ${rows.length} values appended after row ${stored + pendingRows} of ${meta.stems.length}, ${rowSize} each`,
      )
    for (let at = 0; at < rows.length; at += rowSize) {
      const row = rows.subarray(at, at + rowSize)
      refuseNotFinite(row)
      pending.set(row, pendingRows++ * rowSize)
      if (pendingRows === shardRows) flush()
    }
  }

  function refuseNotFinite(row: Float32Array): void {
    const worst = beyondHalf(row)
    if (worst === undefined) return
    const image = meta.stems[stored + pendingRows] ?? ''
    throw new UserError(
      `${folder}: the features of image ${image} contain ${worst}, which float16 cannot hold; check the encoder's weights.`,
    )
  }

  function flush(): void {
    if (pendingRows === 0) return
    const values = floats([pendingRows, ...meta.rowShape], pending.subarray(0, pendingRows * rowSize))
    const more = [...shards, writeShard(folder, shards.length, values)]
    writeIndex(folder, { meta, shards: more, origin: options.origin })
    shards = more // not before the index holds them: where the disk refuses it, the same rows are tried again
    stored += pendingRows
    pendingRows = 0
  }

  function close(): void {
    if (closed) return
    closed = true
    try {
      flush()
    } finally {
      release()
    }
  }

  function finish(): void {
    close()
    if (stored !== meta.stems.length) throw new Error(`${folder}: finished with ${stored} of ${meta.stems.length} rows`)
  }

  return {
    get rows() {
      return stored + pendingRows
    },
    append,
    finish,
    close,
  }
}

/** The first value that would become infinite or is not a number; a plain loop, because it sees every value of the data set. */
function beyondHalf(values: Float32Array): number | undefined {
  for (const value of values) if (!(Math.abs(value) < 65520)) return value
  return undefined
}

/** The shards of an earlier writer up to the first that is missing or damaged. */
function soundShards(folder: string, meta: FeatureMeta): Shard[] {
  if (!existsSync(indexFile(folder))) return []
  const index = readIndex(folder)
  if (index.meta.fingerprint !== meta.fingerprint)
    throw new UserError(
      `${indexFile(folder)}: these are features of something else (${index.meta.fingerprint}); delete the folder and try again.`,
    )
  const damaged = index.shards.findIndex(
    (shard) => !isPresent(folder, shard) || sha256(readFileSync(join(folder, shard.file))) !== shard.sha256,
  )
  return damaged < 0 ? [...index.shards] : index.shards.slice(0, damaged)
}

/** Writes one shard and reads it back for its checksums: they vouch for what is on the disk. */
function writeShard(folder: string, number: number, values: ReturnType<typeof floats>): Shard {
  const file = `${String(number).padStart(5, '0')}.safetensors`
  const path = join(folder, file)
  writeSafetensors(path, { [ENTRY]: values }, {}, { dtype: 'float16' })
  const content = readFileSync(path)
  const rows = values.shape[0]!
  const rowBytes = (values.data.length / rows) * 2
  const start = content.length - rows * rowBytes // the only entry's data ends the file
  const checksums = Array.from({ length: rows }, (_, row) =>
    crc32(content.subarray(start + row * rowBytes, start + (row + 1) * rowBytes)),
  )
  return { file, rows, bytes: content.length, sha256: sha256(content), crc32: checksums }
}
