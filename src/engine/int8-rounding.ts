// Matrices in whole numbers of eight bits, and their products (com.microsoft.MatMulIntegerToFloat). Left factors are bytes around 128 and
// right ones signed, because that is the pair that processors multiply. What is rounded in every run passes over memory as rarely as
// onnxruntime's operators allow.
import type { Value } from './graph-builder.ts'
import type { Simplifier } from './simplify.ts'

/** Times its scales it is nearly the matrix that it stands for. */
export interface Rounded {
  /** (rows, columns) of bytes: around 128 in a left factor, signed in a right one. */
  readonly values: Value
  /** One for each row of a left factor (rows, 1), one for each column of a right one (columns), or one for all. */
  readonly scales: Value
}

/** The largest whole number. */
export const mostInt8 = 127

/** A left factor, each row of `x` (R, K) with a scale of its own: a token does not drown in a larger one. */
export function leftFactor(to: Simplifier, x: Value): Rounded {
  const [rows] = x.shape as [number, number]
  const scales = to.elementwise('Mul', [largestInRows(to, x), step(to)], 'float32')
  const middles = to.builder.constant('uint8', [rows], new Uint8Array(rows).fill(middle))
  const inputs = [x, to.reshape(scales, [rows]), middles]
  return { values: to.builder.node('QuantizeLinear', inputs, { dtype: 'uint8', shape: x.shape }, { axis: 0 }), scales }
}

/** A right factor from `w` (K, N), and the factor of each input (1, K) by which the left one is to be multiplied before it is rounded. */
export function rightFactor(to: Simplifier, w: Value): Rounded & { readonly inputs: Value } {
  const largest = largestInRows(to, w) // (K, 1)
  return {
    values: signed(to, to.elementwise('Div', [w, largest], 'float32')),
    scales: step(to),
    inputs: to.reshape(largest, [1, w.shape[0]!]),
  }
}

/** The transpose of a right factor, (N, K), which takes left factors as they are. */
export function turned(to: Simplifier, { values, inputs }: ReturnType<typeof rightFactor>): Rounded {
  const scales = to.elementwise('Mul', [inputs, step(to)], 'float32')
  return { values: to.transpose(values, [1, 0]), scales: to.reshape(scales, [inputs.shape[1]!]) }
}

/** A right factor, each column of `x` (R, N) with a scale of its own. */
export function columnsFactor(to: Simplifier, x: Value): Rounded {
  const largest = largestInColumns(to, x) // (1, N)
  const scales = to.elementwise('Mul', [largest, step(to)], 'float32')
  return { values: signed(to, to.elementwise('Div', [x, largest], 'float32')), scales: to.reshape(scales, [x.shape[1]!]) }
}

/** The product of a left and a right factor (R, N), but for the scales of the left one's rows. */
export function bareProduct(to: Simplifier, left: Value, { values, scales }: Rounded): Value {
  const one = to.fill(1, 'float32', [])
  const zero = to.builder.constant('uint8', [], [middle])
  const type = { dtype: 'float32', shape: [left.shape[0]!, values.shape[1]!] } as const
  return to.builder.node('com.microsoft.MatMulIntegerToFloat', [left, values, one, scales, zero], type)
}

/** The product of a left and a right factor (R, N). */
export function int8Product(to: Simplifier, left: Rounded, right: Rounded): Value {
  return to.elementwise('Mul', [bareProduct(to, left.values, right), left.scales], 'float32')
}

const middle = 128

function step(to: Simplifier): Value {
  return to.fill(1 / mostInt8, 'float32', [])
}

/** Values from -1 to 1 as signed bytes. */
function signed(to: Simplifier, even: Value): Value {
  const inputs = [even, step(to), to.builder.constant('int8', [], [0])]
  return to.builder.node('QuantizeLinear', inputs, { dtype: 'int8', shape: even.shape })
}

/** The largest absolute value of each row (R, 1). By both extremes, because absolute values would be written to memory first. */
function largestInRows(to: Simplifier, x: Value): Value {
  const lowest = to.elementwise('Neg', [extreme(to, 'ReduceMin', x, 1)], 'float32')
  return something(to, to.elementwise('Max', [extreme(to, 'ReduceMax', x, 1), lowest], 'float32'))
}

/** The largest absolute value of each column (1, N). In eight parts first, which onnxruntime searches three times as fast as a whole. */
function largestInColumns(to: Simplifier, x: Value): Value {
  const [rows, columns] = x.shape as [number, number]
  const sizes = to.elementwise('Abs', [x], 'float32')
  const inParts = () => to.reshape(extreme(to, 'ReduceMax', to.reshape(sizes, [8, rows / 8, columns]), 1), [8, columns])
  return something(to, extreme(to, 'ReduceMax', rows % 8 === 0 ? inParts() : sizes, 0))
}

function extreme(to: Simplifier, op: 'ReduceMax' | 'ReduceMin', x: Value, axis: number): Value {
  return to.builder.node(op, [x, to.int64s([axis])], { dtype: 'float32', shape: x.shape.with(axis, 1) }, { keepdims: 1 })
}

/** Where all values are zero, as in padding's gradient, they are divided by almost nothing. */
function something(to: Simplifier, largest: Value): Value {
  return to.elementwise('Max', [largest, to.fill(1e-30, 'float32', [])], 'float32')
}
