import { afterAll, describe, expect, it } from 'vitest'
import { floats, ints, sizeOf } from '../../../src/base/nd-array.ts'
import type { NamedArrays } from '../../../src/base/nd-array.ts'
import { random } from '../../../src/base/random.ts'
import type { Engine, Step } from '../../../src/engine/engine.ts'
import * as ops from '../../../src/engine/ops.ts'
import type { Tensor } from '../../../src/engine/ops.ts'
import { record } from '../../../src/engine/record.ts'
import { engines } from './engines.ts'

const [rows, width, vocabulary] = [6, 4, 9]

const drawn = (name: string, ...shape: number[]) => {
  const stream = random(1, 'fuse', name)
  return floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => stream.normal()),
  )
}

const arrays: NamedArrays = {
  x: drawn('x', rows, width),
  scale: drawn('scale', width),
  shift: drawn('shift', width),
  table: drawn('table', vocabulary, width),
  weight: floats([rows, 1], Float32Array.of(0.5, 0.25, 0, 1, 2, 0.125)),
  ids: ints([rows], Int32Array.of(3, 0, -100, 8, 9, 5)), // two of them outside of the vocabulary
}

type Inputs = Readonly<Record<keyof typeof arrays, Tensor>>

const layerNorm = ({ x, scale, shift }: Inputs): Tensor => {
  const centred = ops.sub(x!, ops.mean(x!, -1, true))
  const inverse = ops.rsqrt(ops.add(ops.mean(ops.square(centred), -1, true), 1e-5))
  return ops.add(ops.mul(ops.mul(centred, inverse), scale!), shift!)
}

const slope = 2 * Math.sqrt(2 / Math.PI)
const gelu = ({ x }: Inputs): Tensor =>
  ops.mul(x!, ops.sigmoid(ops.mul(x!, ops.add(ops.mul(ops.square(x!), 0.044715 * slope), slope))))

const wanted = (ids: Tensor) => ops.oneHot(ids, vocabulary, 1, 0, 'float32')
const logits = ({ x, table }: Inputs) => ops.matMul(x!, table!, false, true)

const pickedBySum = (given: Inputs): Tensor => ops.sum(ops.mul(logits(given), wanted(given.ids!)), -1)

const pickedByProduct = (given: Inputs): Tensor => {
  const columns = ops.reshape(wanted(given.ids!), [rows, vocabulary, 1])
  return ops.matMul(ops.reshape(logits(given), [rows, 1, vocabulary]), columns)
}

/** What a cross-entropy sends back through the output head. */
const gradientThroughHead = (given: Inputs): Tensor => {
  const surprise = ops.sub(ops.softmax(logits(given)), wanted(given.ids!))
  return ops.matMul(ops.mul(surprise, given.weight!), given.table!)
}

const formulas = { layerNorm, gelu, pickedBySum, pickedByProduct, gradientThroughHead }

const nodesOf = (compute: (given: Inputs) => Tensor): string[] => {
  const graph = record(({ inputs }) => ({ outputs: { y: compute(inputs) } }), {
    label: 'fused',
    frozen: {},
    state: {},
    inputs: arrays,
  })
  return graph.nodes.map(({ op }) => op)
}

describe('the recorder writes', () => {
  it('layer normalisation as one node', () => expect(nodesOf(layerNorm)).toEqual(['LayerNormalization']))
  it('GELU by tanh as one node', () => expect(nodesOf(gelu)).toEqual(['Gelu']))

  it.each(['pickedBySum', 'pickedByProduct', 'gradientThroughHead'] as const)(
    'no one-hot rows where they only look up: %s',
    (name) => {
      expect(nodesOf(formulas[name])).not.toContain('OneHot')
    },
  )

  it('one-hot rows where they are what is asked for', () => {
    expect(nodesOf(({ ids }) => wanted(ids!))).toContain('OneHot')
  })
})

describe('a fused formula', () => {
  const open: Engine[] = []
  afterAll(() => Promise.all(open.map((engine) => engine.dispose())))

  it.each(Object.entries(formulas))('has the same value and gradients where nothing is fused: %s', async (_, compute) => {
    const step: Step = ({ inputs }) => {
      const parameters = Object.fromEntries(['x', 'scale', 'shift', 'table'].map((name) => [name, inputs[name]!]))
      const used = (given: Inputs) =>
        ops.add(ops.sum(ops.square(compute(given))), ops.sum(ops.stack(Object.values(parameters).map((each) => ops.sum(each)))))
      const { value, gradients } = ops.valueAndGradients(() => used(inputs), parameters)
      return { outputs: { value, y: compute(inputs), ...gradients } }
    }
    const results: NamedArrays[] = []
    for (const { open: start } of engines) {
      const engine = await start()
      open.push(engine)
      results.push(await (await engine.compile(step, { label: 'fused', inputs: arrays })).run(arrays))
    }
    const [onnx, ...others] = results
    for (const other of others)
      for (const [name, { data }] of Object.entries(onnx!)) {
        const largest = Math.max(...Array.from(data, Math.abs))
        const difference = Math.max(...Array.from(data, (value, i) => Math.abs(value - other[name]!.data[i]!)))
        expect(difference, name).toBeLessThanOrEqual(1e-4 * largest)
      }
  })
})
