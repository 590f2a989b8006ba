// Where values go: shapes, slices, joins, look-ups, and arrays made from nothing.
import { sizeOf } from '../base/nd-array.ts'
import type { ElementType } from './graph.ts'
import type { Value } from './graph-builder.ts'
import { fromFront } from './kernel.ts'
import type { Kernel } from './kernel.ts'
import type { Simplifier } from './simplify.ts'

const slice: Kernel = (to, { x }, { begin, size }) => {
  const starts = begin as number[]
  const shape = x!.shape.map((side, axis) => {
    const wanted = (size as number[])[axis] ?? -1
    return wanted < 0 ? side - starts[axis]! : wanted
  })
  const axes = x!.shape.flatMap((side, axis) => (shape[axis] === side ? [] : [axis]))
  if (axes.length === 0) return x!
  const bounds = [axes.map((axis) => starts[axis]!), axes.map((axis) => starts[axis]! + shape[axis]!), axes]
  return to.builder.node('Slice', [x!, ...bounds.map(to.int64s)], { dtype: x!.dtype, shape })
}

const pad: Kernel = (to, { x }, { paddings, constantValue }) => {
  const sides = paddings as [number, number][]
  const shape = x!.shape.map((side, axis) => side + sides[axis]![0] + sides[axis]![1])
  const amounts = [...sides.map(([before]) => before), ...sides.map(([, after]) => after)]
  if (amounts.every((amount) => amount === 0)) return x!
  const inputs = [x!, to.int64s(amounts), to.fill(constantValue as number, x!.dtype, [])]
  return to.builder.node('Pad', inputs, { dtype: x!.dtype, shape })
}

function joined(to: Simplifier, parts: readonly Value[], axis: number): Value {
  if (parts.length === 1) return parts[0]!
  const [first] = parts
  const shape = first!.shape.map((side, i) => (i === axis ? parts.reduce((sum, part) => sum + part.shape[axis]!, 0) : side))
  return to.builder.node('Concat', parts, { dtype: first!.dtype, shape }, { axis })
}

function parted(to: Simplifier, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  if (sizes.length === 1) return [x]
  const types = sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((side, i) => (i === axis ? size : side)) }))
  return to.builder.nodes('Split', [x, to.int64s(sizes)], types, { axis })
}

const split: Kernel = (to, { x }, { numOrSizeSplits, axis }) => {
  const along = fromFront(axis as number, x!.shape.length)
  const side = x!.shape[along]!
  if (typeof numOrSizeSplits === 'number')
    return parted(to, x!, Array<number>(numOrSizeSplits).fill(side / numOrSizeSplits), along)
  const sizes = numOrSizeSplits as number[]
  const rest = side - sizes.reduce((sum, size) => sum + Math.max(size, 0), 0)
  return parted(
    to,
    x!,
    sizes.map((size) => (size < 0 ? rest : size)),
    along,
  )
}

const pack: Kernel = (to, parts, { axis }) => {
  const values = Object.values(parts)
  const along = fromFront(axis as number, values[0]!.shape.length + 1)
  const unsqueezed = values.map((value) => to.reshape(value, value.shape.toSpliced(along, 0, 1)))
  return joined(to, unsqueezed, along)
}

const unpack: Kernel = (to, { value }, { axis }) => {
  const along = fromFront(axis as number, value!.shape.length)
  const shape = value!.shape.toSpliced(along, 1)
  return parted(to, value!, Array<number>(value!.shape[along]!).fill(1), along).map((part) => to.reshape(part, shape))
}

const gather: Kernel = (to, { x, indices }, { axis, batchDims }) => {
  if (batchDims !== 0) throw new Error('gather: batch dimensions are outside the op set')
  const along = fromFront(axis as number, x!.shape.length)
  const shape = x!.shape.toSpliced(along, 1, ...indices!.shape)
  return to.builder.node('Gather', [x!, indices!], { dtype: x!.dtype, shape }, { axis: along })
}

const scatter: Kernel = (to, { tensor, indices, updates }) =>
  to.builder.node('ScatterND', [tensor!, to.cast(indices!, 'int64'), updates!], tensor!)

/** ONNX counts negative indices from the end, tfjs leaves their rows empty: they are sent past the end. */
const oneHot: Kernel = (to, { indices }, { depth, onValue, offValue, dtype }) => {
  const zero = to.fill(0, 'int32', [])
  const past = to.fill(depth as number, 'int32', [])
  const safe = to.elementwise('Where', [to.elementwise('Less', [indices!, zero], 'bool'), past, indices!], 'int32')
  const values = to.builder.constant('float32', [2], [offValue as number, onValue as number])
  const type = { dtype: 'float32', shape: [...indices!.shape, depth as number] } as const
  const chosen = to.builder.node('OneHot', [safe, past, values], type, { axis: -1 })
  return to.cast(chosen, (dtype ?? 'float32') as ElementType)
}

/** tfjs broadcasts by tiling sides of one. */
const tile: Kernel = (to, { x }, { reps }) => {
  const times = reps as number[]
  const shape = x!.shape.map((side, axis) => side * times[axis]!)
  if (x!.shape.every((side, axis) => side === 1 || times[axis] === 1)) return to.expand(x!, shape)
  return to.builder.node('Tile', [x!, to.int64s(times)], { dtype: x!.dtype, shape })
}

export const movementKernels: Readonly<Record<string, Kernel>> = {
  Reshape: (to, { x }, { shape }) => to.reshape(x!, inferred(shape as number[], sizeOf(x!.shape))),
  ExpandDims: (to, { input }, { dim }) =>
    to.reshape(input!, input!.shape.toSpliced(fromFront(dim as number, input!.shape.length + 1), 0, 1)),
  Transpose: (to, { x }, { perm }) => to.transpose(x!, perm as number[]),
  Slice: slice,
  PadV2: pad,
  Concat: (to, parts, { axis }) => {
    const filled = Object.values(parts).filter((part) => sizeOf(part.shape) > 0)
    const values = filled.length > 0 ? filled : Object.values(parts).slice(0, 1)
    return joined(to, values, fromFront(axis as number, values[0]!.shape.length))
  },
  SplitV: split,
  Pack: pack,
  Unpack: unpack,
  GatherV2: gather,
  TensorScatterUpdate: scatter,
  OneHot: oneHot,
  Tile: tile,
  Fill: (to, _, { shape, value, dtype }) => to.fill(value as number, (dtype ?? 'float32') as ElementType, shape as number[]),
  ZerosLike: (to, { x }) => to.fill(0, x!.dtype, x!.shape),
  OnesLike: (to, { x }) => to.fill(1, x!.dtype, x!.shape),
}

/** `shape` with its -1 worked out. */
function inferred(shape: readonly number[], size: number): number[] {
  const known = sizeOf(shape.filter((side) => side >= 0))
  return shape.map((side) => (side < 0 ? size / known : side))
}
