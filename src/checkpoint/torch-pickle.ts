// The pickle (protocol 2) inside a PyTorch checkpoint: {name: torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())}.
// Only what weights_only loading allows is written: three globals, and each storage as a persistent id.
import type { NdArray } from '../base/nd-array.ts'

/** Opcodes, named as in Python's pickletools. */
const op = {
  proto: 0x80,
  emptyDict: 0x7d,
  mark: 0x28,
  setItems: 0x75,
  global: 0x63,
  unicode: 0x58,
  long1: 0x8a,
  persistentId: 0x51,
  emptyTuple: 0x29,
  tuple: 0x74,
  newFalse: 0x89,
  reduce: 0x52,
  stop: 0x2e,
}

/** The pickle of a dict from name to tensor; tensor number i lies in the storage with key `i`. */
export function pickledTensors(named: readonly (readonly [string, NdArray])[]): Uint8Array {
  const bytes: number[] = [op.proto, 2, op.emptyDict, op.mark]
  named.forEach(([name, array], i) => bytes.push(...unicode(name), ...tensor(array, String(i))))
  bytes.push(op.setItems, op.stop)
  return Uint8Array.from(bytes)
}

function tensor({ dtype, shape, data }: NdArray, key: string): number[] {
  const storageClass = dtype === 'float32' ? 'FloatStorage' : 'IntStorage'
  const storage = tuple(unicode('storage'), global('torch', storageClass), unicode(key), unicode('cpu'), whole(data.length))
  const orderedDict = [...global('collections', 'OrderedDict'), op.emptyTuple, op.reduce]
  const given = tuple(
    [...storage, op.persistentId],
    whole(0),
    wholes(shape),
    wholes(rowMajorStrides(shape)),
    [op.newFalse],
    orderedDict,
  )
  return [...global('torch._utils', '_rebuild_tensor_v2'), ...given, op.reduce]
}

function rowMajorStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1))
}

function tuple(...items: readonly number[][]): number[] {
  return [op.mark, ...items.flat(), op.tuple]
}

function wholes(values: readonly number[]): number[] {
  return tuple(...values.map(whole))
}

function global(module: string, name: string): number[] {
  return [op.global, ...Buffer.from(`${module}\n${name}\n`)]
}

function unicode(text: string): number[] {
  const utf8 = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(utf8.length)
  return [op.unicode, ...length, ...utf8]
}

/** A whole number below 2^63, in eight bytes. */
function whole(value: number): number[] {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return [op.long1, 8, ...bytes]
}
