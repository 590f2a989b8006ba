// Products with frozen weights in whole numbers of eight bits (com.microsoft.DynamicQuantizeMatMul). Weights are rounded once, each output
// with a scale of its own; the left factor is rounded in every run, each row (token) divided by its largest value before. What multiplies
// probabilities stays in fp32: their tails, thousands of small numbers under a large one, would be rounded away.
import type { Constant, Graph, GraphNode, Port } from './graph.ts'
import type { Rounded } from './round-weight.ts'

export interface Int8Graph {
  readonly graph: Graph
  /** The values of its weights that are not frozen ones, by port. */
  readonly rounded: ReadonlyMap<string, Int8Array | Float32Array>
}

/** Rounds the frozen weight behind a port; `transposed` where the product reads it so. */
type RoundWeight = (port: Port, transposed: boolean) => Rounded

/** The graph with its frozen products in int8; weights that nothing else uses are gone. */
export function withInt8Products(graph: Graph, round: RoundWeight): Int8Graph {
  const weights = new Map(graph.weights.map((port) => [port.name, port]))
  const probabilities = new Set(graph.nodes.filter(({ op }) => op === 'Softmax').flatMap(({ outputs }) => outputs))
  const rounded = new Map<string, Int8Array | Float32Array>()
  const ports = new Map<string, Port>()
  const normalised = new Set<string>()

  function int8Nodes(node: GraphNode): readonly GraphNode[] {
    const [left, right] = node.inputs as [string, string]
    const weight = weights.get(right)
    if (!isProduct(node) || weight?.shape.length !== 2 || probabilities.has(left)) return [node]
    const transposed = node.attributes['transB'] === 1
    const [values, scales] = [
      `int8:${right}${transposed ? ':transposed' : ''}`,
      `int8:${right}${transposed ? ':rows' : ':columns'}`,
    ]
    if (!ports.has(values)) {
      const made = round(weight, transposed)
      ports.set(values, { name: values, dtype: 'int8', shape: [made.inputs, made.outputs] })
      ports.set(scales, { name: scales, dtype: 'float32', shape: [made.outputs] })
      rounded.set(values, made.values).set(scales, made.scales)
    }
    const before = normalised.has(left) ? [] : rowsOfOne(left)
    normalised.add(left)
    const [product] = node.outputs as [string]
    const instead = [
      ...before,
      made('com.microsoft.DynamicQuantizeMatMul', [`int8:${left}`, values, scales], `int8:${product}`),
      made('Mul', [`int8:${product}`, `int8:${left}:largest`], product),
    ]
    return node.place === undefined ? instead : instead.map((each) => ({ ...each, place: node.place! }))
  }

  const nodes = graph.nodes.flatMap(int8Nodes)
  const used = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)])
  const kept = graph.weights.filter(({ name }) => used.has(name))
  const constants = normalised.size === 0 ? graph.constants : [...graph.constants, ...ownConstants]
  return { graph: { ...graph, constants, nodes, weights: [...kept, ...ports.values()] }, rounded }
}

function isProduct({ op, attributes }: GraphNode): boolean {
  return op === 'MatMul' || (op === 'com.microsoft.FusedMatMul' && attributes['transA'] !== 1)
}

const ownConstants: readonly Constant[] = [
  { name: 'int8:last', dtype: 'int64', shape: [1], data: [-1] },
  { name: 'int8:least', dtype: 'float32', shape: [], data: [1e-30] }, // rows of zeros, as padding's gradient has
]

/** Each row of `x` divided by its largest absolute value. By both extremes, because absolute values would be written to memory first. */
function rowsOfOne(x: string): GraphNode[] {
  const [top, bottom, depth, largest] = ['top', 'bottom', 'depth', 'largest'].map((part) => `int8:${x}:${part}`) as [string, string, string, string] // prettier-ignore
  return [
    { op: 'ReduceMax', inputs: [x, 'int8:last'], outputs: [top], attributes: { keepdims: 1 } },
    { op: 'ReduceMin', inputs: [x, 'int8:last'], outputs: [bottom], attributes: { keepdims: 1 } },
    made('Neg', [bottom], depth),
    made('Max', [top, depth, 'int8:least'], largest),
    made('Div', [x, largest], `int8:${x}`),
  ]
}

function made(op: string, inputs: readonly string[], output: string): GraphNode {
  return { op, inputs, outputs: [output], attributes: {} }
}
