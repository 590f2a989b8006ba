// safetensors files: opened by reading the header alone, read entry by entry, written atomically. Values are little-endian, as on every
// machine that Node's engines support.
import { floatToHalf } from '../base/half.ts'
import { sizeOf } from '../base/nd-array.ts'
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { checkpointOf } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { openBytes } from './file-bytes.ts'
import type { FileBytes } from './file-bytes.ts'
import { parseHeader } from './safetensors-header.ts'
import type { Entry } from './safetensors-header.ts'
import { storedBytes } from './stored-type.ts'
import type { StoredType } from './stored-type.ts'
import { widen, widenedType } from './widen.ts'
import { bytesOf, writePiecesAtomically } from './write-pieces.ts'

export { CheckpointError } from './checkpoint-error.ts'

/** Opens a safetensors file, its header checked in full. Throws CheckpointError where it is missing, damaged or something else. */
export function readSafetensors(path: string): Checkpoint {
  const file = openBytes(path)
  const { json, dataStart } = headerText(file)
  const header = parseHeader(path, json, file.size - dataStart)

  function values({ name, stored }: Entry, shape: readonly number[], begin: number): NdArray {
    const where = `entry \`${name}\``
    const { buffer } = file.read(dataStart + begin, sizeOf(shape) * storedBytes(stored), where)
    return widen(stored, shape, buffer, `${path}: ${where}`)
  }

  return checkpointOf({
    path,
    format: 'safetensors',
    metadata: header.metadata,
    entries: header.entries,
    spec: ({ stored, shape }) => ({ dtype: widenedType(stored), stored, shape }),
    read: (entry) => values(entry, entry.shape, entry.begin),
    readRows: (entry, first, count) => {
      const row = entry.shape.slice(1)
      return values(entry, [count, ...row], entry.begin + first * sizeOf(row) * storedBytes(entry.stored))
    },
  })
}

const largestHeader = 100_000_000 // the bound of the reference implementation

function headerText({ path, size, read }: FileBytes): { json: string; dataStart: number } {
  if (size < 8) throw new CheckpointError(`${path}: the file has ${size} bytes; a safetensors file has at least 8.`)
  const length = new DataView(read(0, 8, 'the header').buffer).getBigUint64(0, true)
  if (length > BigInt(Math.min(size - 8, largestHeader)))
    throw new CheckpointError(
      `${path}: the header at offset 0 claims ${length.toString()} bytes of a file of ${size}; the file is cut off or not safetensors.`,
    )
  const dataStart = 8 + Number(length)
  return { json: new TextDecoder().decode(read(8, Number(length), 'the header')), dataStart }
}

export interface WriteOptions {
  /** How float32 arrays are stored; `float16` rounds to nearest even. Default `float32`. */
  readonly dtype?: 'float32' | 'float16'
}

/**
 * Writes arrays and metadata, the whole file or nothing; 4-byte entries come first, so that every entry is aligned. Throws
 * CheckpointError where a finite value is beyond float16, UserError where the disk or the permissions refuse.
 */
export function writeSafetensors(
  path: string,
  arrays: NamedArrays,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteOptions = {},
): void {
  const reserved = reservedNames.find((name) => Object.hasOwn(arrays, name))
  if (reserved !== undefined) throw new Error(`${path}: \`${reserved}\` cannot name an entry`)
  const half = options.dtype === 'float16'
  const all = Object.entries(arrays).map(([name, array]) => ({ name, array, stored: storedAs(array, half) }))
  const entries = all.toSorted((a, b) => storedBytes(b.stored) - storedBytes(a.stored))
  writePiecesAtomically(path, pieces(path, entries, metadata))
}

interface Pending {
  readonly name: string
  readonly array: NdArray
  readonly stored: StoredType
}

const reservedNames = ['__metadata__', '__proto__']

function storedAs(array: NdArray, half: boolean): StoredType {
  if (array.dtype === 'int32') return 'I32'
  return half ? 'F16' : 'F32'
}

function* pieces(path: string, entries: readonly Pending[], metadata: Readonly<Record<string, string>>): Generator<Uint8Array> {
  yield headerBytes(entries, metadata)
  for (const { name, array, stored } of entries) {
    if (stored === 'F16') yield* halfPieces(`${path}: entry \`${name}\``, array.data as Float32Array)
    else yield bytesOf(array.data)
  }
}

function headerBytes(entries: readonly Pending[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const described: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [['__metadata__', metadata]]
  let end = 0
  for (const { name, array, stored } of entries) {
    const begin = end
    end += array.data.length * storedBytes(stored)
    described.push([name, { dtype: stored, shape: array.shape, data_offsets: [begin, end] }])
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(described)))
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true)
  bytes.set(json, 8)
  return bytes
}

const valuesPerPiece = 2 ** 22

function* halfPieces(where: string, values: Float32Array): Generator<Uint8Array> {
  for (let begin = 0; begin < values.length; begin += valuesPerPiece) {
    const part = values.subarray(begin, begin + valuesPerPiece)
    const bits = floatToHalf(part)
    const overflow = part.findIndex((value, i) => (bits[i]! & 0x7fff) === 0x7c00 && Number.isFinite(value))
    if (overflow >= 0)
      throw new CheckpointError(
        `${where} holds ${part[overflow]!} at index ${begin + overflow}; float16 ends at 65504, so store it as float32.`,
      )
    yield bytesOf(bits)
  }
}
