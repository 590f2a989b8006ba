// One-hot rows of a large vocabulary cost as much as a layer. Where they only pick a value of each row, or are subtracted before a
// product, the same numbers come from a look-up, and the rows themselves are never made.
import { sizeOf } from '../base/nd-array.ts'
import type { Value } from './graph-builder.ts'
import { uniformValue } from './simplify.ts'
import type { Simplifier } from './simplify.ts'

interface OneHotRows {
  /** (R) */
  readonly ids: Value
  readonly depth: number
}

/** What `x` (R, V) is the one-hot rows of, seen through reshapes. */
function oneHotRows(x: Value): OneHotRows | undefined {
  const source = x.node?.op === 'Reshape' ? x.node.inputs[0]! : x
  if (source.node?.op !== 'OneHot') return undefined
  const [ids, , values] = source.node.inputs
  return ids!.shape.length === 1 && values!.data?.[0] === 0 && values!.data[1] === 1
    ? { ids: ids!, depth: source.shape[1]! }
    : undefined
}

/** Ids that a look-up can take, and 1 where they were within the rows, 0 elsewhere: one-hot rows of other ids are empty. */
function withinRows(to: Simplifier, { ids, depth }: OneHotRows): { ids: Value; inside: Value } {
  const inside = to.elementwise('Less', [ids, to.fill(depth, 'int32', [])], 'bool')
  return { ids: to.elementwise('Where', [inside, ids, to.fill(0, 'int32', [])], 'int32'), inside: to.cast(inside, 'float32') }
}

/** The product of each row (R, 1, V) with one-hot columns (R, V, 1) is the value that the id names: (R, 1, 1). */
export function pickedByProduct(to: Simplifier, a: Value, b: Value): Value | undefined {
  const rows = oneHotRows(b)
  const [count, one, depth] = a.shape
  if (rows === undefined || a.shape.length !== 3 || one !== 1 || depth !== rows.depth) return undefined
  return to.reshape(picked(to, to.reshape(a, [count!, depth]), rows), [count!, 1, 1])
}

/** The sum of `product` over its last axis, where one factor is one-hot: (R). */
export function pickedBySum(to: Simplifier, product: Value): Value | undefined {
  if (product.node?.op !== 'Mul' || product.shape.length !== 2) return undefined
  const [left, right] = product.node.inputs as [Value, Value]
  const [other, rows] = oneHotRows(right) === undefined ? [right, oneHotRows(left)] : [left, oneHotRows(right)]
  return rows === undefined || sizeOf(other.shape) !== sizeOf(product.shape) ? undefined : picked(to, other, rows)
}

function picked(to: Simplifier, x: Value, rows: OneHotRows): Value {
  const { ids, inside } = withinRows(to, rows)
  const [count] = x.shape
  const column = to.builder.node(
    'GatherElements',
    [x, to.reshape(ids, [count!, 1])],
    { dtype: 'float32', shape: [count!, 1] },
    { axis: 1 },
  )
  return to.elementwise('Mul', [to.reshape(column, [count!]), inside], 'float32')
}

/**
 * A product with a matrix whose left factor (R, V) was scaled by rows, or had one-hot rows subtracted, as the gradient of a
 * cross-entropy has: both are done to the smaller result.
 */
export function productOfGradient(to: Simplifier, a: Value, b: Value, product: (a: Value, b: Value) => Value): Value | undefined {
  if (a.shape.length !== 2 || a.shape[1]! <= b.shape[1]!) return undefined
  const [left, right] = a.node?.inputs ?? []
  if (a.node?.op === 'Mul' && left!.shape.length === 2 && isColumn(right!))
    return to.elementwise('Mul', [product(left!, b), right!], 'float32')
  const rows = a.node?.op === 'Sub' && left!.shape.length === 2 ? oneHotRows(right!) : undefined
  if (rows === undefined) return undefined
  const { ids, inside } = withinRows(to, rows)
  const named = to.builder.node('Gather', [b, ids], { dtype: 'float32', shape: [ids.shape[0]!, b.shape[1]!] }, { axis: 0 })
  const counted = to.elementwise('Mul', [named, to.reshape(inside, [ids.shape[0]!, 1])], 'float32')
  return to.elementwise('Sub', [product(left!, b), counted], 'float32')
}

function isColumn(x: Value): boolean {
  return uniformValue(x) === undefined && x.shape.length === 2 && x.shape[1] === 1
}
