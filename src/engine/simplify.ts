// The rewrites that are cheap while a graph grows: broadcasts are put off, movements merged, constants folded, no-ops dropped.
import { sizeOf } from '../base/nd-array.ts'
import { fused } from './fuse.ts'
import { broadcastShape, sameShape } from './graph.ts'
import type { ArrayType, Attributes, ElementType } from './graph.ts'
import type { GraphBuilder, Value } from './graph-builder.ts'

export interface Simplifier {
  readonly builder: GraphBuilder
  /** One value everywhere, as a scalar and a broadcast. */
  fill(value: number, dtype: ElementType, shape: readonly number[]): Value
  /** A whole-number vector for ONNX's shape, axes and bounds arguments. */
  int64s(values: readonly number[]): Value
  /** An operator that works value by value and broadcasts; `dtype` is its output's. */
  elementwise(op: string, operands: readonly Value[], dtype: ElementType, attributes?: Attributes): Value
  cast(x: Value, dtype: ElementType): Value
  reshape(x: Value, shape: readonly number[]): Value
  expand(x: Value, shape: readonly number[]): Value
  transpose(x: Value, order: readonly number[]): Value
}

export function simplifier(builder: GraphBuilder): Simplifier {
  const int64s = (values: readonly number[]) => builder.constant('int64', [values.length], values)

  function fill(value: number, dtype: ElementType, shape: readonly number[]): Value {
    const exact = dtype === 'float32' ? Math.fround(value) : value
    return expand(builder.constant(dtype, [], [exact]), shape)
  }

  function expand(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x
    const source = unexpanded(x)
    return builder.node('Expand', [source, int64s(shape)], { dtype: x.dtype, shape })
  }

  /** Works on the narrow arrays behind broadcasts and broadcasts the result. */
  function elementwise(op: string, operands: readonly Value[], dtype: ElementType, attributes: Attributes = {}): Value {
    const shape = broadcastShape(operands.map((operand) => operand.shape))
    const narrow = operands.map(unexpanded)
    const simpler = withoutNoOp(op, narrow) ?? withoutCalculation(op, narrow)
    const scaled = op === 'Mul' ? scaledTwice(narrow) : undefined
    if (scaled !== undefined) return expand(elementwise('Mul', [scaled.x, fill(scaled.by, dtype, [])], dtype), shape)
    if (typeof simpler === 'number') return fill(simpler, dtype, shape)
    if (simpler !== undefined) return expand(simpler, shape)
    const [a, b] = narrow
    const together = dtype === 'float32' && a !== undefined && b !== undefined ? fused(builder, op, a, b) : undefined
    if (together !== undefined) return expand(together, shape)
    const type: ArrayType = { dtype, shape: broadcastShape(narrow.map((operand) => operand.shape)) }
    return expand(builder.node(op, narrow, type, attributes), shape)
  }

  function cast(x: Value, dtype: ElementType): Value {
    if (x.dtype === dtype) return x
    // tfjs makes one-hot rows of whole numbers and then casts them: the first cast was ours.
    const source = x.node?.op === 'Cast' ? x.node.inputs[0]! : x
    if (source.node?.op === 'OneHot' && source.dtype === dtype) return source
    return elementwise('Cast', [x], dtype, { to: dtype })
  }

  function reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x
    const source = x.node?.op === 'Reshape' ? x.node.inputs[0]! : x
    if (sameShape(source.shape, shape)) return source
    const narrow = unexpanded(source)
    if (sizeOf(narrow.shape) === 1 && narrow !== source) return expand(reshape(narrow, []), shape)
    if (narrow.kind === 'constant' && sizeOf(narrow.shape) === sizeOf(shape))
      return builder.constant(narrow.dtype, shape, narrow.data!)
    return builder.node('Reshape', [source, int64s(shape)], { dtype: x.dtype, shape })
  }

  function transpose(x: Value, order: readonly number[]): Value {
    const shape = order.map((axis) => x.shape[axis]!)
    const moved = order.filter((axis) => x.shape[axis] !== 1)
    if (moved.every((axis, i) => i === 0 || moved[i - 1]! < axis)) return reshape(x, shape)
    if (x.node?.op === 'Transpose') {
      const first = x.node.attributes.perm as readonly number[]
      return transpose(
        x.node.inputs[0]!,
        order.map((axis) => first[axis]!),
      )
    }
    return builder.node('Transpose', [x], { dtype: x.dtype, shape }, { perm: order })
  }

  return { builder, fill, int64s, elementwise, cast, reshape, expand, transpose }
}

/** The array behind a broadcast. */
export function unexpanded(x: Value): Value {
  return x.node?.op === 'Expand' ? x.node.inputs[0]! : x
}

/** The number that fills `x`, where that is known. */
export function uniformValue(x: Value): number | undefined {
  const { kind, data } = unexpanded(x)
  return kind === 'constant' && data?.length === 1 ? data[0] : undefined
}

/** x + 0, x - 0, x * 1, x / 1 and -(-x) are x. */
function withoutNoOp(op: string, [a, b]: readonly Value[]): Value | undefined {
  if (a === undefined) return undefined
  if (b === undefined) return op === 'Neg' && a.node?.op === 'Neg' ? a.node.inputs[0] : undefined
  const neutral = { Add: 0, Sub: 0, Mul: 1, Div: 1 }[op]
  if (neutral === undefined) return undefined
  if (uniformValue(b) === neutral) return a
  return (op === 'Add' || op === 'Mul') && uniformValue(a) === neutral ? b : undefined
}

/** (x * a) * b is x * (a * b) for numbers a and b. */
function scaledTwice(operands: readonly Value[]): { x: Value; by: number } | undefined {
  const outer = numberAndRest(operands)
  const inner = outer?.rest.node?.op === 'Mul' ? numberAndRest(outer.rest.node.inputs) : undefined
  return outer && inner && outer.rest.dtype === 'float32' ? { x: inner.rest, by: outer.number * inner.number } : undefined
}

function numberAndRest([a, b]: readonly Value[]): { number: number; rest: Value } | undefined {
  if (a === undefined || b === undefined) return undefined
  const [left, right] = [uniformValue(a), uniformValue(b)]
  if (right !== undefined && left === undefined) return { number: right, rest: a }
  return left !== undefined && right === undefined ? { number: left, rest: b } : undefined
}

const calculations: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Neg: (a) => -a,
}

/** Float arithmetic on constants alone. */
function withoutCalculation(op: string, operands: readonly Value[]): number | undefined {
  const calculate = calculations[op]
  const values = operands.map(uniformValue)
  if (calculate === undefined || values.some((value) => value === undefined)) return undefined
  return operands[0]?.dtype === 'float32' ? calculate(values[0]!, values[1] ?? 0) : undefined
}
