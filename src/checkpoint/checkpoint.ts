// What every format of weights file looks like once opened: names, types and shapes are known and checked; values are read when asked for.
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import { CheckpointError } from './checkpoint-error.ts'
import type { StoredType } from './stored-type.ts'

export type CheckpointFormat = 'safetensors' | 'sharded safetensors' | 'torch zip' | 'torch legacy' | 'TorchScript'

export interface EntrySpec {
  /** The type that `read` gives. */
  readonly dtype: 'float32' | 'int32'
  /** The type in the file. */
  readonly stored: StoredType
  readonly shape: readonly number[]
  /** The earlier entry that is the very same tensor: a tied weight. */
  readonly tied?: string
}

/** An opened weights file. It holds no open file: nothing needs closing. */
export interface Checkpoint {
  readonly path: string
  readonly format: CheckpointFormat
  /** In the order of the file. */
  readonly names: readonly string[]
  /** Texts stored beside the tensors: of safetensors files, and of zip files that Captune wrote. */
  readonly metadata: Readonly<Record<string, string>>
  /** Type and shape of an entry; CheckpointError where there is none of that name. */
  spec(name: string): EntrySpec
  /** The values of one entry; reads its bytes alone. F64, F32, F16 and BF16 become float32; whole numbers and booleans int32. */
  read(name: string): NdArray
  /** Rows `first` to `first + count` of an entry's first axis; reads their bytes alone. */
  readRows(name: string, first: number, count: number): NdArray
  /** The named entries, or all; entries that are asked for alone are the only ones whose bytes are read. */
  readAll(names?: readonly string[]): NamedArrays
}

/** What a format must bring: everything else of a Checkpoint follows from it. */
export interface Entries<Entry> {
  readonly path: string
  readonly format: CheckpointFormat
  readonly metadata?: Readonly<Record<string, string>>
  readonly entries: ReadonlyMap<string, Entry>
  readonly spec: (entry: Entry) => EntrySpec
  readonly read: (entry: Entry) => NdArray
  /** Called with rows that the entry has. */
  readonly readRows: (entry: Entry, first: number, count: number) => NdArray
}

/** The Checkpoint of a format's entries. */
export function checkpointOf<Entry>({ path, format, metadata = {}, entries, ...of }: Entries<Entry>): Checkpoint {
  const names = [...entries.keys()]

  function entryOf(name: string): Entry {
    const entry = entries.get(name)
    if (entry === undefined) throw new CheckpointError(`${path}: there is no entry \`${name}\`; it has ${listed(names)}.`)
    return entry
  }

  function readRows(name: string, first: number, count: number): NdArray {
    const entry = entryOf(name)
    const { shape } = of.spec(entry)
    if (shape[0] === undefined || first < 0 || count < 0 || first + count > shape[0])
      throw new Error(`${path}: rows ${first} to ${first + count} of \`${name}\`, which has shape [${shape.join(', ')}]`)
    return of.readRows(entry, first, count)
  }

  const read = (name: string) => of.read(entryOf(name))
  return {
    path,
    format,
    names,
    metadata,
    spec: (name) => of.spec(entryOf(name)),
    read,
    readRows,
    readAll: (wanted = names) => Object.fromEntries(wanted.map((name) => [name, read(name)])),
  }
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none at all'
  const shown = names.slice(0, 5).map((name) => `\`${name}\``)
  return `${shown.join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
}
