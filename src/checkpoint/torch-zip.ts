// A checkpoint that `torch.load(weights_only=True)` reads: a zip archive, nothing compressed, with one pickle that rebuilds a plain
// dict name -> tensor and one raw little-endian storage per tensor (the format that `torch.save` has written since PyTorch 1.6).
import { crc32 } from 'node:zlib'
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { pickledTensors } from './torch-pickle.ts'
import { bytesOf, writePiecesAtomically } from './write-pieces.ts'

interface ZipEntry {
  readonly name: string
  readonly data: Uint8Array
}

/** Texts beside the tensors, as JSON: `torch.load` passes over entries that it does not know, `openCheckpoint` gives them as metadata. */
export const metadataEntry = 'extra/captune.json'

/**
 * Writes a dict name -> tensor, float32 or int32, and metadata, the whole file or nothing. Throws UserError where the disk or the permissions
 * refuse.
 */
export function writeTorchZip(path: string, arrays: NamedArrays, metadata: Readonly<Record<string, string>> = {}): void {
  const named: [string, NdArray][] = Object.entries(arrays)
  const entries: ZipEntry[] = [
    { name: 'archive/data.pkl', data: pickledTensors(named) },
    { name: 'archive/byteorder', data: text('little') },
    ...named.map(([, array], i) => ({ name: `archive/data/${i}`, data: bytesOf(array.data) })),
    ...(Object.keys(metadata).length === 0 ? [] : [{ name: `archive/${metadataEntry}`, data: text(JSON.stringify(metadata)) }]),
    { name: 'archive/version', data: text('3\n') },
  ]
  if (entries.reduce((bytes, entry) => bytes + entry.data.length, 0) > 0xf0000000)
    throw new CheckpointError(`${path}: the tensors take more than 4 GB; write them as safetensors.`)
  writePiecesAtomically(path, zipPieces(entries))
}

/** A zip archive of stored entries, each beginning at a multiple of 64 bytes, as PyTorch wants for memory mapping. */
function* zipPieces(entries: readonly ZipEntry[]): Generator<Uint8Array> {
  const directory: Uint8Array[] = []
  let offset = 0
  for (const entry of entries) {
    const facts = sharedFacts(entry)
    const local = localHeader(entry, facts, offset)
    directory.push(directoryRecord(entry, facts, offset))
    yield local
    yield entry.data
    offset += local.length + entry.data.length
  }
  yield* directory
  const directoryBytes = directory.reduce((bytes, record) => bytes + record.length, 0)
  yield record(
    [4, 0x06054b50],
    [4, 0], // this disk, the directory's disk
    [2, entries.length],
    [2, entries.length],
    [4, directoryBytes],
    [4, offset],
    [2, 0],
  )
}

/** What the local header and the directory say alike: version, flags (names are UTF-8), method, date (1980-01-01), sum, sizes, name length. */
function sharedFacts({ name, data }: ZipEntry): Field[] {
  return [
    [2, 20],
    [2, 0x800],
    [2, 0],
    [2, 0],
    [2, 0x21],
    [4, crc32(data)],
    [4, data.length],
    [4, data.length],
    [2, text(name).length],
  ]
}

const alignment = 64

/** The extra field `FB` fills the header up, as PyTorch's own writer does. */
function localHeader({ name }: ZipEntry, facts: readonly Field[], offset: number): Uint8Array {
  const fixed = 30 + text(name).length + 4
  const padding = (alignment - ((offset + fixed) % alignment)) % alignment
  const header = record([4, 0x04034b50], ...facts, [2, 4 + padding])
  return joined(header, text(name), record([2, 0x4246], [2, padding]), new Uint8Array(padding))
}

function directoryRecord({ name }: ZipEntry, facts: readonly Field[], offset: number): Uint8Array {
  return joined(record([4, 0x02014b50], [2, 20], ...facts, [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), text(name))
}

/** Bytes, value. */
type Field = readonly [2 | 4, number]

function record(...fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += size
  }
  return bytes
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}
