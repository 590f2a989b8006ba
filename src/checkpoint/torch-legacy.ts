// The format that `torch.save` wrote before 1.6 and HF's older `pytorch_model.bin` still have: pickles of a magic number, the protocol, the
// machine's properties, the object and the sorted list of storage keys, then each storage as an int64 count and its raw values.
import { CheckpointError } from './checkpoint-error.ts'
import type { Checkpoint } from './checkpoint.ts'
import { cursorAt } from './cursor.ts'
import type { Cursor } from './cursor.ts'
import type { FileBytes } from './file-bytes.ts'
import { ofKind } from './pickled.ts'
import type { Pickled, PickledStorage } from './pickled.ts'
import { stateDict } from './state-dict.ts'
import { storedBytes } from './stored-type.ts'
import { torchGlobal, torchStorage } from './torch-globals.ts'
import { torchCheckpoint } from './torch-tensors.ts'
import { unpickle } from './unpickle.ts'

/** The first bytes of such a file: a pickle of 0x1950a86a20f9469cfc6c. */
export const legacyMagic = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex')

/** Opens a file in the old format; reads its pickles and the count of each storage. Throws CheckpointError. */
export function openTorchLegacy(file: FileBytes): Checkpoint {
  const cursor = cursorAt(file, 0, file.size, undefined)
  cursor.take(legacyMagic.length)
  const plain = () =>
    unpickle(cursor, { global: () => undefined, persistent: () => ({ kind: 'wrong', found: 'no meaning here' }) })
  requireProtocol(file, plain())
  requireLittleEndian(file, plain())
  const storages = new Map<string, PickledStorage>()
  const value = unpickle(cursor, { global: torchGlobal, persistent: (id) => noted(storages, torchStorage(id)) })
  const { tensors } = stateDict(file.path, value)
  const begins = storageOffsets(file, cursor, plain(), storages)
  for (const [name, { storage }] of tensors)
    if (!begins.has(storage.key))
      throw new CheckpointError(`${file.path}: entry \`${name}\` lies in a storage that the file lacks; the file is damaged.`)
  return torchCheckpoint(file.path, 'torch legacy', tensors, (storage, begin, length, what) =>
    file.read(begins.get(storage.key)! + begin, length, what),
  )
}

function requireProtocol({ path }: FileBytes, protocol: Pickled): void {
  if (protocol !== 1001)
    throw new CheckpointError(`${path}: its protocol is not PyTorch's 1001; save it again with a newer PyTorch.`)
}

function requireLittleEndian({ path }: FileBytes, system: Pickled): void {
  if (ofKind(system, 'dict')?.entries.get('little_endian') !== true)
    throw new CheckpointError(`${path}: it was not saved on a little-endian machine; save it again on one.`)
}

/** Remembers each storage that the pickle names; the same key with another type or size is refused. */
function noted(storages: Map<string, PickledStorage>, storage: ReturnType<typeof torchStorage>): ReturnType<typeof torchStorage> {
  if (typeof storage !== 'object' || storage?.kind !== 'storage') return storage
  const before = storages.get(storage.key)
  if (before && (before.stored !== storage.stored || before.count !== storage.count))
    return { kind: 'wrong', found: 'a storage of two types or sizes' }
  storages.set(storage.key, storage)
  return storage
}

/** Where the values of each storage begin, by key. */
function storageOffsets(
  file: FileBytes,
  cursor: Cursor,
  keys: Pickled,
  storages: ReadonlyMap<string, PickledStorage>,
): ReadonlyMap<string, number> {
  const begins = new Map<string, number>()
  let at = cursor.position()
  for (const key of ofKind(keys, 'list')?.items ?? []) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (storage === undefined || begins.has(storage.key))
      throw new CheckpointError(
        `${file.path}: its list of storages, before offset ${at}, has one of no tensor; the file is damaged.`,
      )
    const where = `storage ${JSON.stringify(storage.key)}`
    const bytes = storage.count * storedBytes(storage.stored)
    if (at + 8 + bytes > file.size)
      throw new CheckpointError(
        `${file.path}: ${where} at offset ${at} needs ${bytes + 8} bytes, ${file.size - at} are left; the file is cut off, fetch it again.`,
      )
    const count = new DataView(file.read(at, 8, where).buffer).getBigInt64(0, true)
    if (count !== BigInt(storage.count))
      throw new CheckpointError(
        `${file.path}: ${where} at offset ${at} has ${count.toString()} values, its tensors need ${storage.count}; the file is damaged.`,
      )
    begins.set(storage.key, at + 8)
    at += 8 + bytes
  }
  return begins
}
