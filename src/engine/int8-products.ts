// A graph's products in whole numbers of eight bits, where one factor is a weight: forward, and back to their inputs. Frozen weights are
// rounded once, trained ones in every run, and so are the gradients of these (SwitchBack, Wortsman et al. 2023, keeps those exact, because
// rounding errors grow with what is summed over: the tokens of a batch, thousands there, hundreds here). What multiplies probabilities
// stays in fp32: their tails, thousands of small numbers under a large one, would be rounded away.
import { sizeOf } from '../base/nd-array.ts'
import type { CodePlace, Graph, GraphNode, Port } from './graph.ts'
import { graphBuilder, type Value } from './graph-builder.ts'
import { bareProduct, columnsFactor, int8Product, leftFactor, rightFactor, turned, type Rounded } from './int8-rounding.ts'
import type { RoundedWeight } from './round-weight.ts'
import { simplifier } from './simplify.ts'

export interface Int8Graph {
  readonly graph: Graph
  /** The values of its weights that are not frozen ones, by port. */
  readonly rounded: ReadonlyMap<string, Int8Array | Float32Array>
}

/** Rounds the frozen weight behind a port; `transposed` where the product reads it so. */
export type RoundWeight = (port: Port, transposed: boolean) => RoundedWeight

/** The least values of a trained weight that are worth rounding in every run. */
const least = 2 ** 16

/** `graph`, grown again with its products in int8; weights that nothing else uses are gone. */
export function withInt8Products(graph: Graph, round: RoundWeight): Int8Graph {
  let place: CodePlace | undefined
  const to = simplifier(graphBuilder(graph.nodes[0]?.place && (() => place!)))
  const values = new Map<string, Value>()
  for (const port of graph.inputs) values.set(port.name, to.builder.input(port.name, port))
  for (const port of graph.weights) values.set(port.name, to.builder.weight(port.name, port))
  for (const { name, dtype, shape, data } of graph.constants) values.set(name, to.builder.constant(dtype, shape, data))

  const rounded = new Map<string, Int8Array | Float32Array>()
  const frozenFactors = new Map<string, FrozenFactor>()
  /** What was multiplied with trained weights, by itself. */
  const trainedLeft = new Map<Value, TrainedLeft>()

  function frozenFactor(weight: Value, transposed: boolean): FrozenFactor {
    const name = `int8:${weight.port!}${transposed ? ':transposed' : ''}`
    const known = frozenFactors.get(name)
    if (known !== undefined) return known
    const made = round({ name: weight.port!, dtype: weight.dtype, shape: weight.shape }, transposed)
    const held = (port: string, dtype: 'int8' | 'float32', shape: readonly number[], data: Int8Array | Float32Array) => {
      rounded.set(port, data)
      return to.builder.weight(port, { dtype, shape })
    }
    const factor = {
      values: held(name, 'int8', [made.inputs, made.outputs], made.values),
      scales: held(`${name}:scales`, 'float32', [made.outputs], made.scales),
      ...(made.evening && { inputs: held(`${name}:inputs`, 'float32', [1, made.inputs], made.evening) }),
    }
    frozenFactors.set(name, factor)
    return factor
  }

  /** `left` times each input's factor, rounded. */
  function evened(left: Value, inputs: Value | undefined): Rounded {
    return leftFactor(to, inputs === undefined ? left : to.elementwise('Mul', [left, inputs], 'float32'))
  }

  function withFrozen(left: Value, weight: Value, transposed: boolean): Value {
    const right = frozenFactor(weight, transposed)
    return int8Product(to, evened(left, right.inputs), right)
  }

  function withTrained(left: Value, weight: Value, transposed: boolean): Value {
    const right = rightFactor(to, weight)
    if (transposed) return int8Product(to, leftFactor(to, left), turned(to, right))
    const { inputs } = right
    const factor = evened(left, inputs)
    trainedLeft.set(left, { ...factor, inputs })
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
  return { graph: to.builder.finish(graph.label, outputs, graph.updates), rounded }
}

/** `inputs` (1, K) where the left factor must be multiplied by them first. */
type FrozenFactor = Rounded & { readonly inputs?: Value }

type TrainedLeft = Rounded & { readonly inputs: Value }

function isTrained({ kind, port, shape }: Value): boolean {
  return kind === 'input' && port!.startsWith('state:') && sizeOf(shape) >= least
}
