// Formulas that onnxruntime computes in one pass over memory. They are recognised as they are written down, so that models stay as in
// the papers. Where a gradient needs a formula's inner steps, these stay beside the fused node; where nothing does, they vanish.
import type { GraphBuilder, Value } from './graph-builder.ts'

/** What the product or sum of `a` and `b` amounts to, if one node computes it with all that leads to it. */
export function fused(builder: GraphBuilder, op: string, a: Value, b: Value): Value | undefined {
  if (op === 'Mul')
    return standardised(builder, a, b) ?? standardised(builder, b, a) ?? gelu(builder, a, b) ?? gelu(builder, b, a)
  return op === 'Add' ? (layerNorm(builder, a, b) ?? layerNorm(builder, b, a)) : undefined
}

/** (x - mean) / sqrt(mean((x - mean)²) + epsilon) over the last axis; the reciprocal root is the fused node's third output from then on. */
function standardised(builder: GraphBuilder, centred: Value, inverse: Value): Value | undefined {
  const [x, mean] = inputsOf(centred, 'Sub')
  const [variance, epsilon] = inputsOf(inputsOf(inputsOf(inverse, 'Reciprocal')[0], 'Sqrt')[0], 'Add')
  const [square] = inputsOf(variance, 'ReduceMean')
  const [left, right] = inputsOf(square, 'Mul')
  if (left !== centred || right !== centred || inputsOf(mean, 'ReduceMean')[0] !== x) return undefined
  if (x === undefined || epsilon?.kind !== 'constant' || !overLastAxis(mean) || !overLastAxis(variance)) return undefined
  const width = x.shape.at(-1)!
  const of = (value: number) => builder.constant('float32', [width], new Float32Array(width).fill(value))
  const narrow = { dtype: 'float32', shape: inverse.shape } as const
  const settings = { axis: -1, epsilon: { float: epsilon.data![0]! } }
  const [y, , inverseRoot] = builder.nodes('LayerNormalization', [x, of(1), of(0)], [x, narrow, narrow], settings)
  builder.replace(inverse, inverseRoot!)
  return y
}

/** Layer normalisation with its scale and shift. */
function layerNorm(builder: GraphBuilder, scaled: Value, shift: Value): Value | undefined {
  const [a, b] = inputsOf(scaled, 'Mul')
  const [normal, scale] = a?.node?.op === 'LayerNormalization' ? [a, b] : [b, a]
  const [x, one] = inputsOf(normal, 'LayerNormalization')
  if (normal === undefined || scale === undefined || one?.data?.[0] !== 1 || normal.node!.outputs[0] !== normal) return undefined
  if (!isRow(scale, normal) || !isRow(shift, normal)) return undefined
  return builder.node('LayerNormalization', [x!, scale, shift], normal, normal.node!.attributes)
}

const slope = 2 * Math.sqrt(2 / Math.PI)
const cubic = 0.044715 * slope

/** x sigmoid(x (slope + cubic x²)), which is GELU by tanh. */
function gelu(builder: GraphBuilder, x: Value, gate: Value): Value | undefined {
  const [outer, polynomial] = inputsOf(inputsOf(gate, 'Sigmoid')[0], 'Mul')
  const [power, constant] = inputsOf(polynomial, 'Add')
  const [square, factor] = inputsOf(power, 'Mul')
  const [left, right] = inputsOf(square, 'Mul')
  if (outer !== x || left !== x || right !== x || !isNumber(constant, slope) || !isNumber(factor, cubic)) return undefined
  return builder.node('Gelu', [x], x, { approximate: 'tanh' })
}

function inputsOf(value: Value | undefined, op: string): readonly (Value | undefined)[] {
  return value?.node?.op === op ? value.node.inputs : []
}

function overLastAxis(mean: Value | undefined): boolean {
  const [x, axes] = inputsOf(mean, 'ReduceMean')
  return axes?.data?.length === 1 && axes.data[0] === x!.shape.length - 1 && mean!.shape.length === x!.shape.length
}

function isRow(row: Value, x: Value): boolean {
  return row.shape.length === 1 && row.shape[0] === x.shape.at(-1)
}

function isNumber(value: Value | undefined, number: number): boolean {
  return value?.kind === 'constant' && value.data?.length === 1 && value.data[0] === Math.fround(number)
}
