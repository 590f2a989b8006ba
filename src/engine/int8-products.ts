// A graph's products in whole numbers of eight bits, where one factor is a weight: forward, back to their inputs, and back to those weights
// that are trained (SwitchBack, Wortsman et al. 2023, keeps the last exact, because rounding errors grow with what is summed over: the
// tokens of a batch, thousands there, hundreds here). Trained weights are rounded in every run; frozen ones by the same nodes, which
// onnxruntime computes once as it opens the graph. What multiplies probabilities stays in fp32: their tails, thousands of small numbers
// under a large one, would be rounded away.
import { sizeOf } from '../base/nd-array.ts'
import type { CodePlace, Graph, GraphNode } from './graph.ts'
import { graphBuilder, type Value } from './graph-builder.ts'
import {
  bareProduct,
  frozenFactor,
  int8Product,
  largestInRows,
  leftFactor,
  rightFactor,
  trainedFactor,
  type Rounded,
} from './int8-rounding.ts'
import { simplifier } from './simplify.ts'

/** The least values of a trained weight that are worth rounding in every run. */
const least = 2 ** 16

/** `graph`, grown again with its products in int8. `isUneven` tells of a frozen weight whether its inputs, or if `transposed` its outputs, are uneven. */
export function withInt8Products(graph: Graph, isUneven: (weight: string, transposed: boolean) => boolean): Graph {
  let place: CodePlace | undefined
  const to = simplifier(graphBuilder(graph.nodes[0]?.place && (() => place!)))
  const values = new Map<string, Value>()
  for (const port of graph.inputs) values.set(port.name, to.builder.input(port.name, port))
  for (const port of graph.weights) values.set(port.name, to.builder.weight(port.name, port))
  for (const { name, dtype, shape, data } of graph.constants) values.set(name, to.builder.constant(dtype, shape, data))
  /** What was multiplied with trained weights, as it was rounded. */
  const trainedLeft = new Map<Value, Rounded>()

  function withFrozen(left: Value, weight: Value, transposed: boolean): Value {
    if (!isUneven(weight.port!, transposed)) return int8Product(to, leftFactor(to, left), frozenFactor(to, weight, transposed))
    const right = transposed ? to.transpose(weight, [1, 0]) : weight // (K, N)
    const inputs = largestInRows(to, right) // (K, 1)
    const even = to.elementwise('Div', [right, inputs], 'float32')
    const evened = to.elementwise('Mul', [left, to.reshape(inputs, [1, right.shape[0]!])], 'float32')
    return int8Product(to, leftFactor(to, evened), frozenFactor(to, even, false))
  }

  function withTrained(left: Value, weight: Value, transposed: boolean): Value {
    const factor = leftFactor(to, left)
    if (!transposed) trainedLeft.set(left, factor)
    return int8Product(to, factor, trainedFactor(to, weight, transposed))
  }

  /** The gradient of a trained weight: the transpose of what was multiplied with it times the gradient of the product. */
  function gradientOfTrained({ values: bytes, scales }: Rounded, gradient: Value): Value {
    const right = rightFactor(to, to.elementwise('Mul', [gradient, scales], 'float32')) // a row's scale stands inside the sum
    return bareProduct(to, to.transpose(bytes, [1, 0]), right) // (K, N)
  }

  function int8Value({ op, attributes }: GraphNode, [left, right]: readonly Value[]): Value | undefined {
    if (op !== 'MatMul' && op !== 'com.microsoft.FusedMatMul') return undefined
    const [transA, transB] = [attributes['transA'] === 1, attributes['transB'] === 1]
    if (transA) {
      const known = trainedLeft.get(left!)
      const worthIt = !transB && left!.shape.length === 2 && left!.shape[1]! * right!.shape[1]! >= least
      return known !== undefined && worthIt ? gradientOfTrained(known, right!) : undefined
    }
    if (right!.shape.length !== 2 || left!.node?.op === 'Softmax') return undefined
    if (right!.kind === 'weight') return withFrozen(left!, right!, transB)
    return isTrained(right!) ? withTrained(left!, right!, transB) : undefined
  }

  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => values.get(name)!)
    place = node.place
    const instead = int8Value(node, inputs)
    const types = node.outputs.map((name) => graph.types.get(name)!)
    const made = instead === undefined ? to.builder.nodes(node.op, inputs, types, node.attributes) : [instead]
    node.outputs.forEach((name, i) => values.set(name, made[i]!))
  }
  const outputs = Object.fromEntries(graph.outputs.map(({ name }) => [name, values.get(name)!]))
  return to.builder.finish(graph.label, outputs, graph.updates)
}

/** And large enough. */
function isTrained({ kind, port, shape }: Value): boolean {
  return kind === 'input' && port!.startsWith('state:') && sizeOf(shape) >= least
}
