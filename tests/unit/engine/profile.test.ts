import { afterAll, describe, expect, it } from 'vitest'
import { floats } from '../../../src/base/nd-array.ts'
import type { CompileOptions, Step } from '../../../src/engine/engine.ts'
import { onnxEngine } from '../../../src/engine/onnx-engine.ts'
import { timesOf, type ProfileEvent } from '../../../src/engine/onnx-profile.ts'
import * as ops from '../../../src/engine/ops.ts'
import { activations } from '../../../src/nn/activation.ts'
import { linear } from '../../../src/nn/linear.ts'
import { bind } from '../../../src/nn/scope.ts'

const engine = onnxEngine({ device: 'cpu', threads: 1 })
afterAll(() => engine.dispose())

const filled = (shape: readonly number[], value: number) =>
  floats(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value))
const frozen = { weight: filled([4, 8], 0.1), bias: filled([8], 0.2) }
const inputs = { x: filled([3, 4], 0.5) }

const step: Step = ({ frozen, state, inputs }) => {
  const layer = linear(bind(frozen), 4, 8)
  const loss = () => ops.mean(activations.gelu_tanh(layer.apply(ops.mul(inputs.x!, state.scale!))))
  const { value, gradients } = ops.valueAndGradients(loss, { scale: state.scale! })
  return { outputs: { loss: value, gradient: gradients.scale!, norm: ops.sum(ops.square(gradients.scale!)) } }
}

const compile = (more: Partial<CompileOptions>) =>
  engine.compile(step, { label: 'timed', frozen, state: [engine.hold({ scale: filled([4], 1) })], inputs, ...more })

describe('a program that is timed', () => {
  it('computes what it computes untimed, and tells each operation with its place in the code', async () => {
    const [plain, timed] = [await compile({}), await compile({ timed: true })]
    const made = await plain.run(inputs)
    for (let run = 0; run < 5; run++) expect(await timed.run(inputs)).toEqual(made)
    expect(plain.times).toBe(undefined)

    const { runs, run, operations } = await timed.times!()
    expect(runs).toBe(3)
    const sum = operations.reduce((all, { milliseconds }) => all + milliseconds, 0)
    expect(sum).toBeGreaterThan(0)
    expect(sum).toBeLessThanOrEqual(run)
    const places = new Set(operations.map(({ op, place }) => [...place, op].join(' > ')))
    expect([...places]).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^forward > linear > onRows > (Gemm|MatMul)$/),
        expect.stringMatching(/^forward > geluTanh > \w+$/),
        expect.stringMatching(/^gradient > geluTanh > \w+$/),
        expect.stringMatching(/^gradient > linear > onRows > FusedMatMul$/),
        expect.stringMatching(/^optimizer > \w+$/),
      ]) as unknown,
    )
  })
})

describe("onnxruntime's profile", () => {
  const node = (ts: number, dur: number, name: string, op_name: string): ProfileEvent => ({
    ...{ cat: 'Node', name: `${name}_kernel_time`, ts, dur },
    args: { op_name, input_type_shape: [{ float: [2, 3] }, { float: [] }], output_type_shape: [{ float: [2, 3] }] },
  })
  const run = (ts: number, dur: number): ProfileEvent => ({ cat: 'Session', name: 'model_run', ts, dur, args: {} })

  it('counts runs after the second, adds equal operations up, and keeps what onnxruntime made itself apart', () => {
    const events = [
      ...[run(0, 900), node(1, 800, 'forward>mlp>a', 'Mul'), run(1000, 800), node(1001, 700, 'forward>mlp>a', 'Mul')],
      ...[run(2000, 100), node(2001, 20, 'forward>mlp>a', 'Mul'), node(2030, 30, 'forward>mlp>b', 'Mul')],
      ...[run(3000, 300), node(3001, 30, 'forward>mlp>a', 'Mul'), node(3040, 100, 'Div_7', 'Div')],
    ]
    expect(timesOf(events)).toEqual({
      runs: 2,
      run: 0.2,
      operations: [
        {
          op: 'Mul',
          shapes: '2x3 scalar -> 2x3',
          place: ['forward', 'mlp'],
          count: 1.5,
          milliseconds: expect.closeTo(0.04) as number,
        },
        { op: 'Div', shapes: '2x3 scalar -> 2x3', place: [], count: 0.5, milliseconds: 0.05 },
      ],
    })
  })
})
