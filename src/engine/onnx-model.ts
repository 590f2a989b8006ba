// A graph as an ONNX model in memory (onnx.proto). Weights stay outside, as external data that the session is handed beside the
// model, so that no second copy of them is made and the two gigabytes of a protobuf message are no limit.
import Pbf from 'pbf'
import type { Attribute, Constant, ElementType, Graph, GraphNode, Port } from './graph.ts'

/** Between the parts of a node's name: its place in the code, and what it makes, by which names are unique. */
export const placeSeparator = '>'

/** onnx.proto's TensorProto.DataType. */
const typeCodes: Readonly<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, int8: 3, uint8: 2 }

/** Operator sets: ONNX 1.16's, and onnxruntime's own. */
const operatorSets = [
  ['', 21],
  ['com.microsoft', 1],
] as const
const irVersion = 10

/** The bytes of the model. A weight's external file is named as the weight. */
export function onnxModel(graph: Graph): Uint8Array {
  const model = new Pbf()
  model.writeVarintField(1, irVersion)
  model.writeStringField(2, 'captune')
  model.writeMessage(7, writeGraph, graph)
  for (const set of operatorSets) model.writeMessage(8, writeOperatorSet, set)
  return model.finish()
}

function writeOperatorSet([domain, version]: (typeof operatorSets)[number], to?: Pbf): void {
  to!.writeStringField(1, domain)
  to!.writeVarintField(2, version)
}

function writeGraph(graph: Graph, to?: Pbf): void {
  for (const node of graph.nodes) to!.writeMessage(1, writeNode, node)
  to!.writeStringField(2, graph.label)
  for (const constant of graph.constants) to!.writeMessage(5, writeConstant, constant)
  for (const weight of graph.weights) to!.writeMessage(5, writeWeight, weight)
  for (const port of graph.inputs) to!.writeMessage(11, writePort, port)
  for (const port of graph.outputs) to!.writeMessage(12, writePort, port)
}

function writeNode({ op, inputs, outputs, attributes, place }: GraphNode, to?: Pbf): void {
  const dot = op.lastIndexOf('.')
  for (const name of inputs) to!.writeStringField(1, name)
  for (const name of outputs) to!.writeStringField(2, name)
  if (place !== undefined) to!.writeStringField(3, [...place, outputs[0]].join(placeSeparator))
  to!.writeStringField(4, op.slice(dot + 1))
  for (const attribute of Object.entries(attributes)) to!.writeMessage(5, writeAttribute, attribute)
  if (dot > 0) to!.writeStringField(7, op.slice(0, dot))
}

const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const

function writeAttribute([name, value]: [string, Attribute], to?: Pbf): void {
  to!.writeStringField(1, name)
  if (name === 'to' || name === 'output_dtype') {
    to!.writeVarintField(3, typeCodes[value as ElementType])
    to!.writeVarintField(20, attributeTypes.int)
  } else if (typeof value === 'number') {
    to!.writeVarintField(3, value)
    to!.writeVarintField(20, attributeTypes.int)
  } else if (typeof value === 'string') {
    to!.writeStringField(4, value)
    to!.writeVarintField(20, attributeTypes.string)
  } else if ('float' in value) {
    to!.writeFloatField(2, value.float)
    to!.writeVarintField(20, attributeTypes.float)
  } else {
    for (const each of value) to!.writeVarintField(8, each)
    to!.writeVarintField(20, attributeTypes.ints)
  }
}

function writeConstant({ name, dtype, shape, data }: Constant, to?: Pbf): void {
  writeTensorType({ name, dtype, shape }, to!)
  to!.writeBytesField(9, rawBytes(dtype, data))
}

const externalLocation = 1

function writeWeight(port: Port, to?: Pbf): void {
  writeTensorType(port, to!)
  to!.writeMessage(13, writeEntry, ['location', port.name])
  to!.writeVarintField(14, externalLocation)
}

function writeEntry([key, value]: readonly [string, string], to?: Pbf): void {
  to!.writeStringField(1, key)
  to!.writeStringField(2, value)
}

function writeTensorType({ name, dtype, shape }: Port, to: Pbf): void {
  for (const side of shape) to.writeVarintField(1, side)
  to.writeVarintField(2, typeCodes[dtype])
  to.writeStringField(8, name)
}

function rawBytes(dtype: ElementType, data: ArrayLike<number>): Uint8Array {
  switch (dtype) {
    case 'float32':
      return new Uint8Array(Float32Array.from(data).buffer)
    case 'int32':
      return new Uint8Array(Int32Array.from(data).buffer)
    case 'int64':
      return new Uint8Array(BigInt64Array.from(Array.from(data, BigInt)).buffer)
    case 'bool':
      return Uint8Array.from(data, (value) => (value ? 1 : 0))
    case 'uint8':
      return Uint8Array.from(data)
    case 'int8':
      return new Uint8Array(Int8Array.from(data).buffer)
  }
}

function writePort({ name, dtype, shape }: Port, to?: Pbf): void {
  to!.writeStringField(1, name)
  to!.writeMessage(2, writeType, { dtype, shape })
}

interface TensorType {
  dtype: ElementType
  shape: readonly number[]
}

function writeType(type: TensorType, to?: Pbf): void {
  to!.writeMessage(1, writeTensor, type)
}

function writeTensor({ dtype, shape }: TensorType, to?: Pbf): void {
  to!.writeVarintField(1, typeCodes[dtype])
  to!.writeMessage(2, writeShape, shape)
}

function writeShape(shape: readonly number[], to?: Pbf): void {
  for (const side of shape) to!.writeMessage(1, writeSide, side)
}

function writeSide(side: number, to?: Pbf): void {
  to!.writeVarintField(1, side)
}
