// Sums, means, extremes and softmax along axes.
import type { ElementType } from './graph.ts'
import type { Value } from './graph-builder.ts'
import { axesOf, fromFront } from './kernel.ts'
import type { Kernel, KernelAttributes } from './kernel.ts'
import { pickedBySum } from './one-hot.ts'
import type { Simplifier } from './simplify.ts'

function reduced(op: string, to: Simplifier, x: Value, axis: unknown, keepDims: unknown): Value {
  const axes = axesOf(axis, x.shape.length)
  const keep = keepDims === true
  const shape = x.shape.flatMap((side, i) => (axes.includes(i) ? (keep ? [1] : []) : [side]))
  // Nothing to add up: sides of one only disappear.
  if (axes.every((each) => x.shape[each] === 1)) return to.reshape(x, shape)
  const lookedUp = op === 'ReduceSum' && axes.join() === '1' ? pickedBySum(to, x) : undefined
  if (lookedUp !== undefined) return to.reshape(lookedUp, shape)
  const squared = op === 'ReduceSum' ? squareOf(x) : undefined
  const [name, from] = squared === undefined ? [op, x] : ['ReduceSumSquare', squared]
  return to.builder.node(name, [from, to.int64s(axes)], { dtype: x.dtype, shape }, { keepdims: Number(keep) })
}

/** What `x` is the square of. */
function squareOf({ node, dtype }: Value): Value | undefined {
  const [a, b] = node?.op === 'Mul' && dtype === 'float32' ? node.inputs : []
  return a === b ? a : undefined
}

const reduction =
  (op: string, axisName: string): Kernel =>
  (to, { x }, attributes: KernelAttributes) =>
    reduced(op, to, x!, attributes[axisName], attributes.keepDims)

const argMax: Kernel = (to, { x }, { axis }) => {
  const along = fromFront(axis as number, x!.shape.length)
  const type = { dtype: 'int64' as ElementType, shape: x!.shape.toSpliced(along, 1) }
  return to.cast(to.builder.node('ArgMax', [x!], type, { axis: along, keepdims: 0 }), 'int32')
}

/** Along the last axis, as tfjs has it; sorted on every engine. */
const topK: Kernel = (to, { x }, { k }) => {
  const shape = x!.shape.with(-1, k as number)
  const types = [{ dtype: x!.dtype, shape }, { dtype: 'int64', shape }] as const // prettier-ignore
  const [values, indices] = to.builder.nodes('TopK', [x!, to.int64s([k as number])], types)
  return [values!, to.cast(indices!, 'int32')]
}

export const reductionKernels: Readonly<Record<string, Kernel>> = {
  Sum: reduction('ReduceSum', 'axis'),
  Mean: reduction('ReduceMean', 'axis'),
  Max: reduction('ReduceMax', 'reductionIndices'),
  Min: reduction('ReduceMin', 'axis'),
  ArgMax: argMax,
  TopK: topK,
  Softmax: (to, { logits }, { dim }) =>
    to.builder.node('Softmax', [logits!], logits!, { axis: fromFront(dim as number, logits!.shape.length) }),
}
