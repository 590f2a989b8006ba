// A graph's products in whole numbers of eight bits, where one factor is a weight: forward, back to their inputs, and back to those weights
// that are trained (SwitchBack, Wortsman et al. 2023, keeps the last exact, because rounding errors grow with what is summed over: the
// tokens of a batch, thousands there, hundreds here). Trained weights are rounded in every run; frozen ones by the same nodes, which
// onnxruntime computes once as it opens the graph. What multiplies probabilities stays in fp32: their tails, thousands of small numbers
// under a large one, would be rounded away.
import { sizeOf } from '../base/nd-array.ts'
import type { CodePlace, Graph, GraphNode } from './graph.ts'
import { graphBuilder, type Value } from './graph-builder.ts'
import { bareProduct, columnsFactor, int8Product, leftFactor, rightFactor, turned, type Rounded } from './int8-rounding.ts'
import { simplifier } from './simplify.ts'

/** The least values of a trained weight that are worth rounding in every run. */
const least = 2 ** 16

/** `graph`, grown again with its products in int8. */
export function withInt8Products(graph: Graph): Graph {
  let place: CodePlace | undefined
  const to = simplifier(graphBuilder(graph.nodes[0]?.place && (() => place!)))
  const values = new Map<string, Value>()
  for (const port of graph.inputs) values.set(port.name, to.builder.input(port.name, port))
  for (const port of graph.weights) values.set(port.name, to.builder.weight(port.name, port))
  for (const { name, dtype, shape, data } of graph.constants) values.set(name, to.builder.constant(dtype, shape, data))
  /** What was multiplied with trained weights, by itself. */
  const trainedLeft = new Map<Value, TrainedLeft>()

  function product(left: Value, weight: Value, transposed: boolean): Value {
    const right = rightFactor(to, weight)
    if (transposed) return int8Product(to, leftFactor(to, left), turned(to, right))
    const { inputs } = right
    const factor = leftFactor(to, to.elementwise('Mul', [left, inputs], 'float32'))
    if (weight.kind === 'input') trainedLeft.set(left, { ...factor, inputs })
    return int8Product(to, factor, right)
  }

  /** The gradient of a trained weight: the transpose of what was multiplied with it, as it was rounded, times the gradient of the product. */
  function gradientOfTrained({ values: bytes, scales, inputs }: TrainedLeft, gradient: Value): Value {
    const right = columnsFactor(to, to.elementwise('Mul', [gradient, scales], 'float32')) // a row's scale stands inside the sum
    const product = bareProduct(to, to.transpose(bytes, [1, 0]), right) // (K, N)
    return to.elementwise('Div', [product, to.reshape(inputs, [inputs.shape[1]!, 1])], 'float32')
  }

  function int8Value({ op, attributes }: GraphNode, [left, right]: readonly Value[]): Value | undefined {
    if (op !== 'MatMul' && op !== 'com.microsoft.FusedMatMul') return undefined
    const [transA, transB] = [attributes['transA'] === 1, attributes['transB'] === 1]
    if (transA) {
      const known = trainedLeft.get(left!)
      const worthIt = !transB && left!.shape.length === 2 && left!.shape[1]! * right!.shape[1]! >= least
      return known !== undefined && worthIt ? gradientOfTrained(known, right!) : undefined
    }
    return isWeight(right!) && left!.node?.op !== 'Softmax' ? product(left!, right!, transB) : undefined
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

type TrainedLeft = Rounded & { readonly inputs: Value }

/** A frozen matrix, or a trained one that is large enough. */
function isWeight({ kind, port, shape }: Value): boolean {
  if (shape.length !== 2) return false
  return kind === 'weight' || (kind === 'input' && port!.startsWith('state:') && sizeOf(shape) >= least)
}
