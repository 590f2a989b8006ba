// Tensors of a PyTorch file as a Checkpoint: each is a strided view of a storage, and reading it reads the bytes that it spans.
import { sizeOf } from '../base/nd-array.ts'
import type { NdArray } from '../base/nd-array.ts'
import { checkpointOf } from './checkpoint.ts'
import type { Checkpoint, CheckpointFormat, EntrySpec } from './checkpoint.ts'
import type { PickledStorage, PickledTensor } from './pickled.ts'
import { storedBytes } from './stored-type.ts'
import { widen, widenedType } from './widen.ts'

/** Bytes `begin` to `begin + length` of a storage, in a buffer of their own; `what` is the entry they are for. */
export type ReadStorage = (storage: PickledStorage, begin: number, length: number, what: string) => Uint8Array<ArrayBuffer>

interface NamedTensor extends PickledTensor {
  readonly name: string
  readonly spec: EntrySpec
}

/** The Checkpoint of these tensors, whose storages are known to be whole. */
export function torchCheckpoint(
  path: string,
  format: CheckpointFormat,
  tensors: ReadonlyMap<string, PickledTensor>,
  readStorage: ReadStorage,
  metadata: Checkpoint['metadata'] = {},
): Checkpoint {
  function read({ name, storage, offset, shape, strides }: PickledTensor & { name: string }): NdArray {
    const where = `entry \`${name}\``
    const bytes = storedBytes(storage.stored)
    const span = spanOf(shape, strides)
    const spanned = readStorage(storage, offset * bytes, span * bytes, where)
    const dense = isDense(shape, strides) ? spanned : gathered(spanned, bytes, shape, strides)
    return widen(storage.stored, shape, dense.buffer, `${path}: ${where}`)
  }

  return checkpointOf({
    path,
    format,
    metadata,
    entries: named(tensors),
    spec: ({ spec }) => spec,
    read,
    readRows: ({ name, storage, offset, shape, strides }, first, count) =>
      read({
        kind: 'tensor',
        name,
        storage,
        offset: offset + first * strides[0]!,
        shape: [count, ...shape.slice(1)],
        strides,
      }),
  })
}

function named(tensors: ReadonlyMap<string, PickledTensor>): Map<string, NamedTensor> {
  const seen = new Map<string, string>()
  const entries = new Map<string, NamedTensor>()
  for (const [name, tensor] of tensors) {
    const { storage, offset, shape, strides } = tensor
    const identity = [storage.key, offset, shape.join(), strides.join()].join('/')
    const tied = seen.get(identity)
    if (tied === undefined) seen.set(identity, name)
    const spec = { dtype: widenedType(storage.stored), stored: storage.stored, shape, ...(tied !== undefined && { tied }) }
    entries.set(name, { ...tensor, name, spec })
  }
  return entries
}

/** Values from the first to the last of the view. */
function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (sizeOf(shape) === 0) return 0
  return 1 + shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, 0)
}

/** Whether the view is row-major without gaps; the stride of an axis of one or none is of no matter. */
function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return sizeOf(shape) === 0
    expected *= shape[axis]!
  }
  return true
}

/** The values of a view in row-major order. */
function gathered(
  from: Uint8Array,
  bytes: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(sizeOf(shape) * bytes)
  const index = shape.map(() => 0)
  let source = 0
  for (let target = 0; target < result.length; target += bytes) {
    for (let i = 0; i < bytes; i++) result[target + i] = from[source * bytes + i]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!
      index[axis]! += 1
      if (index[axis]! < shape[axis]!) break
      source -= shape[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
  return result
}
