import { describe, expect, it } from 'vitest'
import type { Step } from '../../../src/engine/engine.ts'
import { graphText } from '../../../src/engine/graph-text.ts'
import * as ops from '../../../src/engine/ops.ts'
import type { Tensor } from '../../../src/engine/ops.ts'
import { record } from '../../../src/engine/record.ts'
import { batch, frozen, smallStep, trained } from './small-step.ts'

const x = { dtype: 'float32', shape: [2, 3] } as const

/** The nodes of a function of x (2, 3), one a line. */
function nodesOf(compute: (x: Tensor) => Tensor): string[] {
  const graph = record(({ inputs }) => ({ outputs: { y: compute(inputs.x!) } }), {
    label: 'test',
    frozen: {},
    state: {},
    inputs: { x },
  })
  return graphText(graph)
    .split('\n')
    .filter((line) => line.includes('('))
    .map((line) => line.trim())
}

describe('a recorded step', () => {
  it('of a layer and its gradient reads as this text', () => {
    const step: Step = ({ frozen: { w }, state: { b }, inputs }) => {
      const loss = () => ops.mean(ops.square(ops.relu(ops.add(ops.matMul(inputs.x!, w!), b!))))
      const { value, gradients } = ops.valueAndGradients(loss, { b: b! })
      return { state: { b: ops.sub(b!, ops.mul(gradients.b!, 0.1)) }, outputs: { loss: value } }
    }
    const spec = (...shape: number[]) => ({ dtype: 'float32', shape }) as const
    const graph = record(step, {
      label: 'layer',
      frozen: { w: spec(3, 4), unused: spec(9) },
      state: { b: spec(4) },
      inputs: { x },
    })
    expect(graphText(graph)).toMatchSnapshot()
  })

  it('of attention, layer norm and an MLP reads as this text', () => {
    expect(graphText(record(smallStep, { label: 'small', frozen, state: trained, inputs: batch }))).toMatchSnapshot()
  })

  it('lets nothing but the rows out of a state of which it replaces some rows', () => {
    const step: Step = ({ state: { table }, inputs }) => ({
      state: { table: ops.scatter(table!, inputs.ids!, ops.neg(inputs.x!)) },
      outputs: {},
    })
    const graph = record(step, {
      label: 'rows',
      frozen: {},
      state: { table: { dtype: 'float32', shape: [9, 3] } },
      inputs: { x, ids: { dtype: 'int32', shape: [2] } },
    })
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Neg', 'Reshape'])
    expect(graph.inputs.map(({ name }) => name)).toEqual(['input:x', 'input:ids'])
    expect(graph.outputs.map(({ name, shape }) => [name, shape])).toEqual([['rows:table', [2, 3]], ['places:table', [2, 1]]]) // prettier-ignore
  })

  it('holds nothing that no output needs', () => {
    expect(nodesOf((a) => (ops.exp(a), ops.neg(a)))).toEqual(['output:y = Neg(input:x)'])
  })

  it('computes what is written twice only once', () => {
    expect(nodesOf((a) => ops.add(ops.exp(a), ops.exp(a)))).toEqual(['0 = Exp(input:x)', 'output:y = Add(0, 0)'])
  })

  it('drops what changes nothing', () => {
    const nothing = (a: Tensor) => ops.sub(ops.div(ops.mul(ops.add(ops.cast(a, 'float32'), 0), 1), 1), ops.zeros([2, 3]))
    expect(nodesOf((a) => ops.neg(nothing(a)))).toEqual(['output:y = Neg(input:x)'])
    expect(nodesOf((a) => ops.neg(ops.transpose(ops.transpose(a))))).toEqual(['output:y = Neg(input:x)'])
    expect(nodesOf((a) => ops.neg(ops.reshape(ops.reshape(a, [6]), [2, 3])))).toEqual(['output:y = Neg(input:x)'])
    expect(nodesOf((a) => ops.neg(ops.pad(ops.slice(a, [0, 0], [2, 3]), [[0, 0], [0, 0]])))).toEqual(['output:y = Neg(input:x)']) // prettier-ignore
  })

  it('moves an axis of one without moving data', () => {
    expect(nodesOf((a) => ops.transpose(ops.reshape(a, [2, 1, 3]), [1, 0, 2]))[0]).toMatch(/Reshape/)
  })

  it('reads a factor transposed instead of transposing it', () => {
    const nodes = nodesOf((a) => ops.matMul(ops.transpose(a), a))
    expect(nodes).toEqual(['output:y = com.microsoft.FusedMatMul(input:x, input:x) transA=1 transB=0'])
  })

  it('holds arrays of one value as scalars', () => {
    const large: Step = ({ inputs }) => ({
      outputs: { y: ops.add(ops.mul(inputs.x!, ops.ones([500, 2, 3])), ops.zeros([500, 2, 3])) },
    })
    const { constants } = record(large, { label: 'large', frozen: {}, state: {}, inputs: { x } })
    expect(constants.every(({ data }) => data.length <= 3)).toBe(true)
  })

  it('broadcasts as late as it can', () => {
    const nodes = nodesOf((a) => ops.exp(ops.mul(ops.tile(ops.sum(a, 1, true), [1, 3]), a)))
    expect(nodes).toEqual(['0 = ReduceSum(input:x, c0) keepdims=1', '1 = Mul(0, input:x)', 'output:y = Exp(1)'])
  })

  it('leaves state alone that the step gives back unchanged', () => {
    const step: Step = ({ state }) => ({ state, outputs: {} })
    expect(record(step, { label: 'same', frozen: {}, state: { x }, inputs: {} })).toMatchObject({ nodes: [], outputs: [] })
  })
})

describe('the recorder refuses in a sentence', () => {
  const recorded = (step: Step) => () => record(step, { label: 'test', frozen: {}, state: {}, inputs: { x } })

  it('to tell a value', () => {
    expect(recorded(({ inputs }) => (inputs.x!.dataSync(), { outputs: {} }))).toThrow('asks for the values of a tensor')
  })

  it('tensors made outside of the step', () => {
    let kept: Tensor | undefined
    recorded(({ inputs }) => ((kept = inputs.x!), { outputs: {} }))()
    expect(recorded(() => ({ outputs: { y: ops.add(kept!, 1) } }))).toThrow('uses a tensor made outside of it')
  })

  it('shapes that do not fit, before anything runs', () => {
    expect(recorded(({ inputs }) => ({ outputs: { y: ops.matMul(inputs.x!, inputs.x!) } }))).toThrow(
      'matMul: 3 columns meet 2 rows in the product of [2, 3] and [2, 3]',
    )
    expect(recorded(({ inputs }) => ({ outputs: { y: ops.add(inputs.x!, ops.ones([4])) } }))).toThrow(/broadcast/)
    const batched = (a: Tensor) => ops.matMul(ops.reshape(a, [1, 2, 3]), ops.transpose(a))
    expect(recorded(({ inputs }) => ({ outputs: { y: batched(inputs.x!) } }))).toThrow(
      'matMul: the leading axes of [1, 2, 3] and [3, 2] differ',
    )
  })
})
