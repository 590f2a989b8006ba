// safetensors files: opened by reading the header alone, read entry by entry, written atomically. Values are little-endian, as on every
// machine that Node's engines support.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { floatToHalf } from '../base/half.ts'
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import { CheckpointError, checkpointReadFailure } from './checkpoint-error.ts'
import { parseHeader, storedBytes } from './safetensors-header.ts'
import type { Entry, StoredType } from './safetensors-header.ts'
import { widen, widenedType } from './widen.ts'
import { bytesOf, writePiecesAtomically } from './write-pieces.ts'

export { CheckpointError } from './checkpoint-error.ts'

export interface EntrySpec {
  /** The type that `read` gives. */
  readonly dtype: 'float32' | 'int32'
  /** The type in the file. */
  readonly stored: StoredType
  readonly shape: readonly number[]
}

/** A safetensors file whose header has been read and checked. It holds no open file: nothing needs closing. */
export interface Safetensors {
  readonly path: string
  /** In the order of their data. */
  readonly names: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
  /** Type and shape of an entry; CheckpointError where there is none of that name. */
  spec(name: string): EntrySpec
  /** The values of one entry; reads its bytes alone. F64, F32, F16 and BF16 become float32; whole numbers and booleans int32. */
  read(name: string): NdArray
  /** Rows `first` to `first + count` of an entry's first axis; reads their bytes alone. */
  readRows(name: string, first: number, count: number): NdArray
  readAll(): NamedArrays
}

/** Opens a safetensors file, its header checked in full. Throws CheckpointError where it is missing, damaged or something else. */
export function readSafetensors(path: string): Safetensors {
  const { header, dataStart, stamp } = withFile(path, (file) => {
    const { size } = fstatSync(file)
    const text = headerText(path, file, size)
    return { header: parseHeader(path, text.json, size - text.dataStart), dataStart: text.dataStart, stamp: stampOf(file) }
  })

  function entryOf(name: string): Entry {
    const entry = header.entries.get(name)
    if (entry === undefined)
      throw new CheckpointError(`${path}: there is no entry \`${name}\`; it has ${listed([...header.entries.keys()])}.`)
    return entry
  }

  function readBytes(entry: Entry, begin: number, length: number): ArrayBuffer {
    return withFile(path, (file) => {
      if (stampOf(file) !== stamp)
        throw new CheckpointError(`${path}: the file changed while it was being read; run the command again.`)
      return bytesAt(path, file, dataStart + begin, length, `entry \`${entry.name}\``).buffer
    })
  }

  function read(name: string): NdArray {
    const entry = entryOf(name)
    return widen(entry.stored, entry.shape, readBytes(entry, entry.begin, entry.end - entry.begin), `${path}: entry \`${name}\``)
  }

  function readRows(name: string, first: number, count: number): NdArray {
    const entry = entryOf(name)
    const [rows, ...rest] = entry.shape
    if (rows === undefined || first < 0 || count < 0 || first + count > rows)
      throw new Error(`${path}: rows ${first} to ${first + count} of \`${name}\`, which has shape [${entry.shape.join(', ')}]`)
    const rowBytes = rest.reduce((product, side) => product * side, storedBytes(entry.stored))
    return widen(
      entry.stored,
      [count, ...rest],
      readBytes(entry, entry.begin + first * rowBytes, count * rowBytes),
      `${path}: entry \`${name}\``,
    )
  }

  const names = [...header.entries.keys()]
  return {
    path,
    names,
    metadata: header.metadata,
    spec: (name) => {
      const { stored, shape } = entryOf(name)
      return { dtype: widenedType(stored), stored, shape }
    },
    read,
    readRows,
    readAll: () => Object.fromEntries(names.map((name) => [name, read(name)])),
  }
}

/** Tells two versions of a file apart, so that an old header is never used on new data. */
function stampOf(file: number): string {
  const { ino, size, mtimeMs } = fstatSync(file)
  return `${ino}/${size}/${mtimeMs}`
}

const largestHeader = 100_000_000 // the bound of the reference implementation

function headerText(path: string, file: number, size: number): { json: string; dataStart: number } {
  if (size < 8) throw new CheckpointError(`${path}: the file has ${size} bytes; a safetensors file has at least 8.`)
  const length = new DataView(bytesAt(path, file, 0, 8, 'the header').buffer).getBigUint64(0, true)
  if (length > BigInt(Math.min(size - 8, largestHeader)))
    throw new CheckpointError(
      `${path}: the header at offset 0 claims ${length.toString()} bytes of a file of ${size}; the file is cut off or not safetensors.`,
    )
  const dataStart = 8 + Number(length)
  return { json: new TextDecoder().decode(bytesAt(path, file, 8, Number(length), 'the header')), dataStart }
}

const largestRead = 2 ** 30 // one system call gives less than 2 GiB

function bytesAt(path: string, file: number, position: number, length: number, what: string): Uint8Array<ArrayBuffer> {
  const bytes = allocate(path, length, what)
  let done = 0
  while (done < length) {
    const count = readSync(file, bytes, done, Math.min(largestRead, length - done), position + done)
    if (count === 0)
      throw new CheckpointError(`${path}: ${what} ends at offset ${position + done}; ${length - done} more bytes are needed.`)
    done += count
  }
  return bytes
}

function allocate(path: string, length: number, what: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length)
  } catch {
    throw new CheckpointError(`${path}: ${what} has ${length} bytes; this machine cannot hold that many at once.`)
  }
}

function withFile<T>(path: string, use: (file: number) => T): T {
  try {
    const file = openSync(path, 'r')
    try {
      return use(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw checkpointReadFailure(path, error)
  }
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none at all'
  const shown = names.slice(0, 5).map((name) => `\`${name}\``)
  return `${shown.join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
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
