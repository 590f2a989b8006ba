import { afterAll, describe, expect, it } from 'vitest'
import { floats, scalar, sizeOf } from '../../../src/base/nd-array.ts'
import { random } from '../../../src/base/random.ts'
import { loopMemory } from '../../../src/base/web-assembly.ts'
import { elementwiseLoop } from '../../../src/engine/elementwise-loop.ts'
import type { Engine, Step, Tensors } from '../../../src/engine/engine.ts'
import { graphText } from '../../../src/engine/graph-text.ts'
import { onnxEngine } from '../../../src/engine/onnx-engine.ts'
import * as ops from '../../../src/engine/ops.ts'
import { record } from '../../../src/engine/record.ts'
import { trainStep, withMoments } from '../../../src/training/step.ts'
import { adamWInputs } from '../../../src/training/adamw.ts'

const drawn = (name: string, ...shape: number[]) => {
  const { normal } = random(1, 'loops', name)
  return floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => normal()),
  )
}

describe('a loop', () => {
  it('does what its steps say at each place, in place, for lengths that fours do not fill', () => {
    const memory = loopMemory(3 * 32)
    const [x, y, z] = [0, 32, 64].map((address) => new Float32Array(memory.buffer, address, 7)) as [Float32Array, Float32Array, Float32Array] // prettier-ignore
    x.set([1, 4, 9, 16, 25, 36, 49])
    y.set([1, 2, 3, 4, 5, 6, 7])
    const run = elementwiseLoop(
      {
        arrays: 3,
        scalars: 1,
        steps: [
          { op: 'Sqrt', operands: [['array', 0]] },
          { op: 'Div', operands: [['step', 0], ['array', 1]] }, // prettier-ignore
          { op: 'Mul', operands: [['array', 1], ['scalar', 0]] }, // prettier-ignore
          { op: 'Add', operands: [['step', 1], ['step', 2]] }, // prettier-ignore
          { op: 'Sub', operands: [['step', 3], ['array', 0]] }, // prettier-ignore
        ],
        results: [{ array: 1, step: 3 }, { array: 2, step: 4 }], // prettier-ignore
      },
      memory,
    )
    run([0, 32, 64], [0.5], 7)
    expect([...x]).toEqual([1, 4, 9, 16, 25, 36, 49])
    expect([...y]).toEqual([1.5, 2, 2.5, 3, 3.5, 4, 4.5])
    expect([...z]).toEqual([0.5, -2, -6.5, -13, -21.5, -32, -44.5])
  })
})

const state = { w: drawn('w', 5, 3), b: drawn('b', 3), gate: floats([1], Float32Array.of(0.5)) }
const x = drawn('x', 4, 5)
const step = trainStep({
  loss: ({ state: { w, b, gate }, inputs }) =>
    ops.mean(ops.square(ops.mul(ops.add(ops.matMul(inputs['x']!, w!), b!), ops.tanh(gate!)))),
  trained: Object.keys(state),
  decay: 0.1,
  clip: 1,
})
const inputs = { x, ...adamWInputs(1, 0.1) }

describe('an update of state, value by value', () => {
  it('is taken out of the graph: the gradient leaves it in place of the weights and both moments', () => {
    const graph = record(step, { label: 'step', frozen: {}, state: withMoments(state), inputs, loops: true })
    expect(graph.updates.map(({ loop, size }) => [loop.results.length, size])).toEqual([[3, 15], [3, 3]]) // prettier-ignore
    const leaving = graph.outputs.filter(({ shape }) => sizeOf(shape) > 1).map(({ name, shape }) => [name, shape])
    expect(leaving).toEqual([['part:0', [5, 3]], [leaving[1]![0], [3]]]) // prettier-ignore
    expect(graph.inputs.map(({ name }) => name)).not.toContain('state:adam.m.w')
  })

  it('reads as this text', () => {
    const descent: Step = ({ state: { w }, inputs: { x: given, rate } }) => {
      const { value, gradients } = ops.valueAndGradients(() => ops.mean(ops.square(ops.matMul(given!, w!))), { w: w! })
      return { state: { w: ops.sub(w!, ops.mul(gradients.w!, rate!)) }, outputs: { loss: value } }
    }
    const given = { x, rate: scalar(0.1) }
    const graph = record(descent, { label: 'descent', frozen: {}, state: { w: state.w }, inputs: given, loops: true })
    expect(graphText(graph)).toMatchSnapshot()
  })

  it.each<[string, (given: { state: Tensors; inputs: Tensors }) => Tensors]>([
    ['that is no arithmetic', ({ state: { w } }) => ({ w: ops.exp(w!) })],
    ['that broadcasts', ({ state: { w, b } }) => ({ w: ops.add(w!, b!) })],
    ['that moves values', ({ state: { w } }) => ({ w: ops.reshape(ops.transpose(ops.mul(w!, 2)), [5, 3]) })],
    ['without the graph', ({ state: { w } }) => ({ w: ops.mul(w!, 0.9) })],
    ['by an input', ({ state: { b }, inputs: { rest } }) => ({ b: ops.add(b!, rest!) })],
  ])('stays in the graph: one %s', (_, change) => {
    const odd: Step = (given) => ({ state: change(given), outputs: {} })
    const given = { rest: drawn('rest', 3) }
    expect(record(odd, { label: 'odd', frozen: {}, state, inputs: given, loops: true }).updates).toEqual([])
  })
})

describe('state under loops', () => {
  const open: Engine[] = []
  afterAll(() => Promise.all(open.map((engine) => engine.dispose())))
  const onnx = () => {
    const engine = onnxEngine({ device: 'cpu', threads: 1 })
    open.push(engine)
    return engine
  }

  it('has the same bits as where the graph updates it', async () => {
    const engine = onnx()
    const alone = engine.hold(withMoments(state))
    const looped = await engine.compile(step, { label: 'looped', state: [alone], inputs })
    const [weights, moments] = [engine.hold(state), engine.hold(momentsOf(state))]
    const inGraph = await engine.compile(step, { label: 'in the graph', state: [weights, moments], inputs }) // two states: no loops
    for (let i = 1; i <= 5; i++) for (const program of [looped, inGraph]) await program.run({ x, ...adamWInputs(i, 0.1) })
    expect(await alone.read()).toEqual({ ...(await weights.read()), ...(await moments.read()) })
  })

  it('may be read, written and stepped by other programs', async () => {
    const engine = onnx()
    const held = engine.hold(withMoments(state))
    const programs = [
      await engine.compile(step, { label: 'first', state: [held], inputs }),
      await engine.compile(step, { label: 'second', state: [held], inputs }),
    ]
    const values: unknown[] = []
    for (const order of [
      [0, 0, 0],
      [1, 0, 1],
    ]) {
      // prettier-ignore
      held.write(withMoments(state))
      for (const [i, which] of order.entries()) await programs[which]!.run({ x, ...adamWInputs(i + 1, 0.1) })
      values.push(await held.read())
    }
    expect(values[1]).toEqual(values[0])
  })

  it('takes two values that are made of each other', async () => {
    const swap: Step = ({ state: { a, b }, inputs: { power } }) => {
      const change = ops.pow(power!, 2)
      return { state: { a: ops.add(b!, change), b: ops.sub(a!, change) }, outputs: {} }
    }
    const power = floats([2], Float32Array.of(1, 2))
    const engine = onnx()
    const held = engine.hold({ a: floats([2], Float32Array.of(10, 20)), b: floats([2], Float32Array.of(30, 40)) })
    const program = await engine.compile(swap, { label: 'swap', state: [held], inputs: { power } })
    await program.run({ power })
    await program.run({ power })
    const { a, b } = await held.read()
    expect([...a!.data, ...b!.data]).toEqual([10, 20, 30, 40])
  })
})

function momentsOf(weights: typeof state) {
  return Object.fromEntries(Object.entries(withMoments(weights)).filter(([name]) => name.startsWith('adam.')))
}
