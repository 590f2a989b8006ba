// Grows a graph node by node. Equal nodes are merged as they are added; what no output needs is left out at the end.
import { sizeOf } from '../base/nd-array.ts'
import type { ArrayType, Attributes, CodePlace, ElementType, Graph, GraphNode, Port, Update } from './graph.ts'

/** An array somewhere in the graph under construction. */
export interface Value extends ArrayType {
  readonly id: number
  /** What computes it; inputs, weights and constants have none. */
  readonly node?: ValueNode
  readonly port?: string
  readonly kind: 'input' | 'weight' | 'constant' | 'computed'
  /** The values of a constant. */
  readonly data?: ArrayLike<number>
}

export interface ValueNode {
  readonly op: string
  readonly inputs: readonly Value[]
  readonly attributes: Attributes
  readonly outputs: Value[]
  readonly place?: CodePlace
}

export interface GraphBuilder {
  input(name: string, type: ArrayType): Value
  weight(name: string, type: ArrayType): Value
  constant(dtype: ElementType, shape: readonly number[], data: ArrayLike<number>): Value
  /** Adds a node with one output. */
  node(op: string, inputs: readonly Value[], type: ArrayType, attributes?: Attributes): Value
  /** Adds a node with several outputs. */
  nodes(op: string, inputs: readonly Value[], types: readonly ArrayType[], attributes?: Attributes): readonly Value[]
  /** Whatever uses `old` from now on uses `other`: the same numbers, had for less. */
  replace(old: Value, other: Value): void
  /** The graph of all that `outputs` need. */
  finish(label: string, outputs: Readonly<Record<string, Value>>, updates?: readonly Update[]): Graph
}

/** `placeOf` tells where in the code a node comes from. */
export function graphBuilder(placeOf?: (inputs: readonly Value[]) => CodePlace): GraphBuilder {
  const ports: Value[] = []
  const nodeOrder: ValueNode[] = []
  const known = new Map<string, readonly Value[]>()
  const replaced = new Map<Value, Value>()
  const latest = (value: Value) => replaced.get(value) ?? value
  let count = 0

  function port(kind: 'input' | 'weight', name: string, { dtype, shape }: ArrayType): Value {
    const value: Value = { id: count++, kind, port: name, dtype, shape }
    ports.push(value)
    return value
  }

  function constant(dtype: ElementType, shape: readonly number[], data: ArrayLike<number>): Value {
    if (data.length !== sizeOf(shape)) throw new Error(`a constant of ${data.length} values for shape [${shape.join(', ')}]`)
    const make = () => [{ id: count++, kind: 'constant', dtype, shape: [...shape], data }] as const
    const uniform = data.length > 0 && Array.prototype.every.call(data, (value) => Object.is(value, data[0]))
    if (data.length > 256 && !uniform) return make()[0]
    const values = uniform ? `all ${textOf(data[0]!)}` : Array.from(data, textOf).join()
    return once(`${dtype}[${shape.join()}] ${values}`, make)[0] as Value
  }

  function nodes(
    op: string,
    given: readonly Value[],
    types: readonly ArrayType[],
    attributes: Attributes = {},
  ): readonly Value[] {
    const inputs = given.map(latest)
    return once(`${op} ${inputs.map(({ id }) => id).join()} ${JSON.stringify(attributes)} ${String(types.length)}`, () => {
      const node: ValueNode = { op, inputs, attributes, outputs: [], ...(placeOf && { place: placeOf(inputs) }) }
      for (const { dtype, shape } of types) node.outputs.push({ id: count++, kind: 'computed', node, dtype, shape: [...shape] })
      nodeOrder.push(node)
      return node.outputs
    })
  }

  function once(key: string, make: () => readonly Value[]): readonly Value[] {
    const found = known.get(key)
    if (found !== undefined) return found
    const made = make()
    known.set(key, made)
    return made
  }

  return {
    input: (name, type) => port('input', name, type),
    weight: (name, type) => port('weight', name, type),
    constant,
    node: (op, inputs, type, attributes) => nodes(op, inputs, [type], attributes)[0]!,
    nodes,
    replace: (old, other) => void replaced.set(old, other),
    finish(label, outputs, updates = []) {
      const wanted = Object.entries(outputs).map(([name, value]) => [name, latest(value)] as const)
      return { ...finishedGraph(label, ports, nodeOrder, Object.fromEntries(wanted)), updates }
    },
  }
}

/** Names the needed values: ports and outputs by their own names, constants c0, c1, ..., the rest by number. */
function finishedGraph(
  label: string,
  ports: readonly Value[],
  nodeOrder: readonly ValueNode[],
  outputs: Readonly<Record<string, Value>>,
): Omit<Graph, 'updates'> {
  const needed = neededValues(Object.values(outputs))
  const names = new Map<Value, string>()
  const constants = [...needed].filter((value) => value.kind === 'constant').sort((a, b) => a.id - b.id)
  for (const value of ports) names.set(value, value.port!)
  for (const [index, value] of constants.entries()) names.set(value, `c${index}`)

  const copies: GraphNode[] = []
  for (const [name, value] of Object.entries(outputs)) if (value.kind === 'computed' && !names.has(value)) names.set(value, name)

  const nodes: GraphNode[] = []
  let number = 0
  const nameOf = (value: Value): string => {
    const name = names.get(value) ?? String(number++)
    names.set(value, name)
    return name
  }
  for (const { op, inputs, attributes, outputs: made, place } of nodeOrder) {
    if (!made.some((value) => needed.has(value))) continue
    nodes.push({ op, inputs: inputs.map(nameOf), outputs: made.map(nameOf), attributes, ...(place && { place }) })
  }
  for (const [name, value] of Object.entries(outputs))
    if (nameOf(value) !== name) copies.push({ op: 'Identity', inputs: [nameOf(value)], outputs: [name], attributes: {} })

  const portOf = (value: Value): Port => ({ name: names.get(value)!, dtype: value.dtype, shape: value.shape })
  const neededPorts = (kind: Value['kind']) => ports.filter((value) => value.kind === kind && needed.has(value)).map(portOf)
  return {
    label,
    inputs: neededPorts('input'),
    weights: neededPorts('weight'),
    constants: constants.map((value) => ({ ...portOf(value), data: value.data! })),
    nodes: [...nodes, ...copies],
    outputs: Object.entries(outputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    types: new Map([...names].map(([{ dtype, shape }, name]) => [name, { dtype, shape }])),
  }
}

function neededValues(outputs: readonly Value[]): Set<Value> {
  const needed = new Set<Value>()
  const open = [...outputs]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (needed.has(value)) continue
    needed.add(value)
    open.push(...(value.node?.inputs ?? []))
  }
  return needed
}

/** -0 and 0 are different constants. */
function textOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
