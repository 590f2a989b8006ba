// A graph as text, one node a line, for snapshots: a change of what is computed shows in the diff.
import type { Operand } from './elementwise-loop.ts'
import type { Attribute, Constant, ElementType, Graph, Port, Update } from './graph.ts'

const short: Readonly<Record<ElementType, string>> = {
  float32: 'f32',
  int32: 'i32',
  int64: 'i64',
  bool: 'bool',
  int8: 'i8',
  uint8: 'u8',
}

/** The whole graph: inputs, weights, constants, nodes with the types of what they make where these are outputs. */
export function graphText(graph: Graph): string {
  return [
    `graph ${graph.label}`,
    ...graph.inputs.map((port) => `  input ${portText(port)}`),
    ...graph.weights.map((port) => `  weight ${portText(port)}`),
    ...graph.constants.map((constant) => `  constant ${portText(constant)} = ${valuesText(constant)}`),
    ...graph.nodes.map(({ op, inputs, outputs, attributes }) => {
      const settings = Object.entries(attributes).map(([key, value]) => ` ${key}=${attributeText(value)}`)
      return `  ${outputs.join(', ')} = ${op}(${inputs.join(', ')})${settings.join('')}`
    }),
    ...graph.outputs.map((port) => `  output ${portText(port)}`),
    ...graph.updates.map(updateText),
    '',
  ].join('\n')
}

/** `after each run, with a = state:w, b = part:0, s = 0.5: 0 = Mul(b, s), 1 = Sub(a, 0); state:w = 1` */
function updateText({ loop, arrays, scalars }: Update): string {
  const names = {
    array: ['a', 'b', 'c', 'd', 'e', 'f'],
    scalar: ['s', 't', 'u', 'v', 'w', 'x', 'y', 'z'],
    step: loop.steps.map((_, i) => String(i)),
  }
  const name = ([kind, index]: Operand) => names[kind][index] ?? `${kind}${index}`
  const given = [
    ...arrays.map((port, i) => `${name(['array', i])} = ${port}`),
    ...scalars.map(
      (scalar, i) => `${name(['scalar', i])} = ${typeof scalar === 'number' ? Number(scalar.toPrecision(6)) : scalar}`,
    ),
  ]
  const steps = loop.steps.map(({ op, operands }, i) => `${i} = ${op}(${operands.map(name).join(', ')})`)
  const results = loop.results.map(({ array, step }) => `${arrays[array]!} = ${step}`)
  return `  after each run, with ${given.join(', ')}: ${steps.join(', ')}; ${results.join(', ')}`
}

function portText({ name, dtype, shape }: Port): string {
  return `${name}: ${short[dtype]}[${shape.join(', ')}]`
}

function valuesText({ data }: Constant): string {
  const first = Array.from({ length: Math.min(data.length, 8) }, (_, i) => String(Number(data[i]!.toPrecision(6))))
  return `[${first.join(', ')}${data.length > 8 ? ', ...' : ''}]`
}

function attributeText(value: Attribute): string {
  if (typeof value === 'object' && 'float' in value) return String(value.float)
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value)
}
