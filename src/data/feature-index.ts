// `meta.json` of a feature cache: whose features they are, and size and checksums of every shard written so far.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { readText, sha256, writeAtomically } from '../base/files.ts'

/** All that decides the values: two caches with equal sources hold equal features. */
export interface FeatureSource {
  /** What a row is: `tokens`, `patches`, `embedding`. */
  readonly kind: string
  /** SHA-256 of the encoder's weights. */
  readonly weights: string
  /** The preprocessing, in words that change whenever it does. */
  readonly transform: string
  /** Fingerprint of the images. */
  readonly data: string
  /** The image of each row: sorted file names without extension. */
  readonly stems: readonly string[]
  /** One image's features: [tokens, width] or [width]. */
  readonly rowShape: readonly number[]
  /** What they were computed in, where that was not fp32. */
  readonly precision?: 'int8'
}

export interface FeatureMeta extends FeatureSource {
  readonly version: number
  readonly fingerprint: string
}

export interface Shard {
  /** `00000.safetensors`, with one entry `features` (rows, ...rowShape) in float16. */
  readonly file: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
  /** CRC-32 of each row's bytes. */
  readonly crc32: readonly number[]
}

/** Where features came from, for people: two caches may differ in it and hold the same. */
export interface FeatureOrigin {
  /** The encoder's file, as it was named. */
  readonly encoder: string
  /** What was encoded: `train`, a folder. */
  readonly images: string
  /** The mean cosine of the first images' tokens to those of fp32, where features are not. */
  readonly cosine?: number
}

export interface FeatureIndex {
  readonly meta: FeatureMeta
  readonly shards: readonly Shard[]
  readonly origin?: FeatureOrigin | undefined
}

const VERSION = 1

/** The entry of every shard. */
export const ENTRY = 'features'

/** The meta data of features: their source, the format's version and a fingerprint (16 hexadecimal digits) that names their folder. */
export function featureMeta(source: FeatureSource): FeatureMeta {
  const { kind, weights, transform, data, stems, rowShape, precision } = source
  const content = { version: VERSION, kind, weights, transform, data, rowShape, stems, ...(precision && { precision }) }
  return { ...content, fingerprint: sha256(JSON.stringify(content)).slice(0, 16) }
}

export function indexFile(folder: string): string {
  return join(folder, 'meta.json')
}

/** The lock of whoever writes features into the folder. */
export function lockFile(folder: string): string {
  return join(folder, 'writer.lock')
}

export function writeIndex(folder: string, { meta, shards, origin }: FeatureIndex): void {
  writeAtomically(indexFile(folder), JSON.stringify({ ...meta, origin, shards }))
}

/** Reads and checks the index; UserError where it is missing or is not one. */
export function readIndex(folder: string): FeatureIndex {
  const path = indexFile(folder)
  const content = parsed(readText(path, "the features' index")) as Partial<FeatureMeta> | null | undefined
  if (typeof content !== 'object' || content?.version !== VERSION)
    throw new UserError(`${path}: not an index of version ${VERSION}; delete the folder and run \`captune encode\` again.`)
  const { shards, origin, ...meta } = content as FeatureMeta & { shards: unknown; origin: unknown }
  if (!isMeta(meta) || !Array.isArray(shards) || !shards.every(isShard))
    throw new UserError(`${path}: damaged; delete the folder and run \`captune encode\` again.`)
  return { meta, shards, origin: isOrigin(origin) ? origin : undefined }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isMeta(meta: FeatureMeta): boolean {
  const { fingerprint, kind, weights, transform, data, stems, rowShape, precision } = meta as Partial<
    Record<keyof FeatureMeta, unknown>
  >
  const texts = [fingerprint, kind, weights, transform, data].every((value) => typeof value === 'string')
  if (precision !== undefined && precision !== 'int8') return false
  return texts && isListOf(stems, 'string') && isListOf(rowShape, 'number') && fingerprint === featureMeta(meta).fingerprint
}

function isShard(shard: unknown): shard is Shard {
  const { file, rows, bytes, sha256: hash, crc32 } = (shard ?? {}) as Partial<Record<keyof Shard, unknown>>
  const numbers = typeof rows === 'number' && typeof bytes === 'number' && isListOf(crc32, 'number') && crc32.length === rows
  return numbers && typeof hash === 'string' && typeof file === 'string' && /^\d{5}\.safetensors$/.test(file)
}

function isOrigin(origin: unknown): origin is FeatureOrigin {
  const { encoder, images, cosine } = (origin ?? {}) as Partial<Record<keyof FeatureOrigin, unknown>>
  return typeof encoder === 'string' && typeof images === 'string' && (cosine === undefined || typeof cosine === 'number')
}

function isListOf(value: unknown, type: 'string' | 'number'): value is unknown[] {
  return Array.isArray(value) && value.every((item) => typeof item === type)
}

/** Rows in all shards. */
export function rowsIn(shards: readonly Shard[]): number {
  return shards.reduce((rows, shard) => rows + shard.rows, 0)
}

/** Whether the shard's file is there in its full size. */
export function isPresent(folder: string, { file, bytes }: Shard): boolean {
  return statSync(join(folder, file), { throwIfNoEntry: false })?.size === bytes
}
