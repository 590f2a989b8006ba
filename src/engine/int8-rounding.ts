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

/** A left factor, each row of `x` (R, K) with a scale of its own: a token does not drown in a larger one. */
export function leftFactor(to: Simplifier, x: Value): Rounded {
  const [rows] = x.shape as [number, number]
  const scales = to.elementwise('Mul', [largestInRows(to, x), step(to)], 'float32')
  const middles = to.builder.constant('uint8', [rows], new Uint8Array(rows).fill(middle))
  const inputs = [x, to.reshape(scales, [rows]), middles]
  return { values: to.builder.node('QuantizeLinear', inputs, { dtype: 'uint8', shape: x.shape }, { axis: 0 }), scales }
}

/** A right factor, each column of `x` (K, N) with a scale of its own. */
export function rightFactor(to: Simplifier, x: Value): Rounded {
  const largest = largestInColumns(to, x) // (1, N)
  const inputs = [to.elementwise('Div', [x, largest], 'float32'), step(to), to.builder.constant('int8', [], [0])]
  const values = to.builder.node('QuantizeLinear', inputs, { dtype: 'int8', shape: x.shape })
  return { values, scales: to.reshape(to.elementwise('Mul', [largest, step(to)], 'float32'), [x.shape[1]!]) }
}

/** The right factor of a matrix, or of its transpose, that is rounded once: slowly, and without a second copy in fp32, which would be kept. */
export function frozenFactor(to: Simplifier, w: Value, transposed: boolean): Rounded {
  const [rows, columns] = w.shape as [number, number]
  const largest = transposed ? largestInRows(to, w) : largestInColumns(to, w)
  const scales = to.elementwise('Mul', [largest, step(to)], 'float32')
  const flat = to.reshape(scales, [transposed ? rows : columns])
  const settings = { axis: 0, output_dtype: 'int8', ...(!transposed && { block_size: rows }) } // a block is a column
  const type = { dtype: 'int8', shape: w.shape } as const
  const values = to.builder.node('QuantizeLinear', [w, transposed ? flat : scales], type, settings)
  return { values: transposed ? to.transpose(values, [1, 0]) : values, scales: flat }
}

/** The right factor of a trained matrix, or of its transpose, with one scale for all (as in SwitchBack, Wortsman et al. 2023): its inputs and outputs differ little. */
export function trainedFactor(to: Simplifier, w: Value, transposed: boolean): Rounded {
  const largest = to.reshape(largestInColumns(to, largestInRows(to, w)), []) // of all, in the order of memory
  const scales = to.elementwise('Mul', [largest, step(to)], 'float32')
  const inputs = [w, scales, to.builder.constant('int8', [], [0])]
  const values = to.builder.node('QuantizeLinear', inputs, { dtype: 'int8', shape: w.shape })
  return { values: transposed ? to.transpose(values, [1, 0]) : values, scales }
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

/** Between whole numbers, of which the largest is 127, for values up to 1. */
function step(to: Simplifier): Value {
  return to.fill(1 / 127, 'float32', [])
}

/** The largest absolute value of each row (R, 1). */
export function largestInRows(to: Simplifier, x: Value): Value {
  return largestOf(to, (op) => extreme(to, op, x, 1))
}

/** The largest absolute value of each column (1, N). In eight parts first, which onnxruntime searches three times as fast as a whole. */
function largestInColumns(to: Simplifier, x: Value): Value {
  const [rows, columns] = x.shape as [number, number]
  if (rows % 8 > 0) return largestOf(to, (op) => extreme(to, op, x, 0))
  const parts = to.reshape(x, [8, rows / 8, columns])
  return largestOf(to, (op) => extreme(to, op, to.reshape(extreme(to, op, parts, 1), [8, columns]), 0))
}

type Extreme = 'ReduceMax' | 'ReduceMin'

/** By both extremes, because absolute values would be written to memory first. Where all are zero, as in padding's gradient, almost nothing. */
function largestOf(to: Simplifier, found: (op: Extreme) => Value): Value {
  const lowest = to.elementwise('Neg', [found('ReduceMin')], 'float32')
  const largest = to.elementwise('Max', [found('ReduceMax'), lowest], 'float32')
  return to.elementwise('Max', [largest, to.fill(1e-30, 'float32', [])], 'float32')
}

function extreme(to: Simplifier, op: Extreme, x: Value, axis: number): Value {
  return to.builder.node(op, [x, to.int64s([axis])], { dtype: 'float32', shape: x.shape.with(axis, 1) }, { keepdims: 1 })
}
