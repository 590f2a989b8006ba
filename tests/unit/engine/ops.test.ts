import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { floats, ints } from '../../../src/base/nd-array.ts'
import type { NamedArrays, NdArray } from '../../../src/base/nd-array.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import * as ops from '../../../src/engine/ops.ts'
import type { Tensor } from '../../../src/engine/ops.ts'
import { engines } from './engines.ts'

interface GoldenArray {
  dtype: 'float32' | 'int32'
  shape: number[]
  data: number[]
}

interface Golden {
  inputs: GoldenArray[]
  value: GoldenArray
  weights?: GoldenArray
  gradients?: (GoldenArray | null)[]
}

const fixture = join(import.meta.dirname, '../../fixtures/engine-ops/ops.json')
const golden = JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, Golden>

/** Each golden case as ops compute it; the first word is the op. */
const cases: Record<string, (...x: Tensor[]) => Tensor> = {
  abs: (x) => ops.abs(x),
  add: (a, b) => ops.add(a, b),
  'add row': (a, b) => ops.add(a, b),
  'add column': (a, b) => ops.add(a, b),
  argMax: (x) => ops.argMax(x, -1),
  'cast int': (x) => ops.cast(x, 'int32'),
  concat: (a, b) => ops.concat([a, b], 1),
  customGrad: (x) => squareWithOwnGradient(x),
  div: (a, b) => ops.div(a, b),
  'div by row': (a, b) => ops.div(a, b),
  equal: (a, b) => ops.equal(a, b),
  erf: (x) => ops.erf(x),
  exp: (x) => ops.exp(x),
  expandDims: (x) => ops.expandDims(x, 1),
  gather: (table, ids) => ops.gather(table, ids),
  greater: (a, b) => ops.greater(a, b),
  greaterEqual: (a, b) => ops.greaterEqual(a, b),
  'greater as a factor': (x) => ops.mul(x, ops.cast(ops.greater(x, 0.1), 'float32')),
  less: (a, b) => ops.less(a, b),
  moveRows: (x, there, back) => ops.moveRows(x, there, back),
  log: (x) => ops.log(x),
  logicalAnd: (a, b) => ops.logicalAnd(ops.greater(a, 0), ops.greater(b, 0)),
  logicalNot: (x) => ops.logicalNot(ops.greater(x, 0)),
  logSoftmax: (x) => ops.logSoftmax(x),
  matMul: (a, b) => ops.matMul(a, b),
  'matMul left transposed': (a, b) => ops.matMul(a, b, true),
  'matMul right transposed': (a, b) => ops.matMul(a, b, false, true),
  'matMul both transposed': (a, b) => ops.matMul(a, b, true, true),
  'matMul in batches': (a, b) => ops.matMul(a, b),
  'matMul in batches, right transposed': (a, b) => ops.matMul(a, b, false, true),
  max: (x) => ops.max(x, 1),
  'max of all': (x) => ops.max(x),
  maximum: (a, b) => ops.maximum(a, b),
  mean: (x) => ops.mean(x, 1, true),
  'mean of all': (x) => ops.mean(x),
  minimum: (a, b) => ops.minimum(a, b),
  mul: (a, b) => ops.mul(a, b),
  'mul scalar': (a, b) => ops.mul(a, b),
  neg: (x) => ops.neg(x),
  oneHot: (ids) => ops.oneHot(ids, 5),
  'oneHot as floats': (ids) => ops.oneHot(ids, 5, 1, 0, 'float32'),
  'oneHot between two values': (ids) => ops.oneHot(ids, 5, 0.9, 0.1, 'float32'),
  ones: (x) => ops.mul(x, ops.ones([3, 4])),
  pad: (x) =>
    ops.pad(x, [
      [1, 2],
      [0, 3],
    ]),
  pow: (a, b) => ops.pow(a, b),
  'pow scalar': (x) => ops.pow(x, 1.5),
  relu: (x) => ops.relu(x),
  reshape: (x) => ops.reshape(x, [2, -1]),
  rsqrt: (x) => ops.rsqrt(x),
  scalar: (x) => ops.mul(x, ops.scalar(2.5)),
  scatter: (table, ids, rows) => ops.scatter(table, ids, rows),
  sigmoid: (x) => ops.sigmoid(x),
  slice: (x) => ops.slice(x, [1, 0], [2, 2]),
  softmax: (x) => ops.softmax(x),
  split: (x) => ops.split(x, 3, 1)[1]!,
  'split unevenly': (x) => ops.split(x, [1, 5], 1)[1]!,
  sqrt: (x) => ops.sqrt(x),
  square: (x) => ops.square(x),
  stack: (a, b) => ops.stack([a, b], 1),
  sub: (a, b) => ops.sub(a, b),
  'sub column': (a, b) => ops.sub(a, b),
  sum: (x) => ops.sum(x, [0, 2]),
  'sum of all': (x) => ops.sum(x),
  tanh: (x) => ops.tanh(x),
  tile: (x) => ops.tile(x, [2, 3]),
  'tile of one': (x) => ops.tile(x, [1, 3]),
  topk: (x) => ops.topk(x, 3).values,
  'topk among equals': (x) => ops.topk(x, 4).indices,
  'topk indices': (x) => ops.topk(x, 3).indices,
  transpose: (x) => ops.transpose(x, [0, 2, 1, 3]),
  unstack: (x) => ops.unstack(x, 1)[2]!,
  where: (a, b) => ops.where(ops.greater(a, 0), a, b),
  zeros: (x) => ops.add(x, ops.zeros([3, 4])),
}

const squareWithOwnGradient = (x: Tensor): Tensor =>
  ops.customGrad((...given) => {
    const [from, save] = given as [Tensor, (tensors: Tensor[]) => void]
    save([from])
    return { value: ops.mul(from, from), gradFunc: (dy: Tensor, saved: Tensor[]) => ops.mul(dy, ops.mul(saved[0]!, 2)) }
  })(x)

describe.each(engines)('on $name', ({ open }) => {
  let engine: Engine | undefined
  const opened = async () => (engine ??= await open())
  afterAll(async () => engine?.dispose())

  describe.each(Object.keys(cases))('%s', (name) => {
    const { inputs, value, weights, gradients } = golden[name]!
    const arrays = Object.fromEntries(inputs.map((array, i) => [`x${i}`, host(array)]))

    it('has the value that PyTorch computes', async () => {
      const step = (given: readonly Tensor[]) => ({ value: cases[name]!(...given) })
      const made = await evaluated(await opened(), arrays, step)
      expectClose(made.value!, host(value))
    })

    it.runIf(gradients)('has the gradients that PyTorch computes', async () => {
      const wanted = Object.fromEntries(gradients!.flatMap((each, i) => (each === null ? [] : [[`x${i}`, host(each)]])))
      const given = { ...arrays, weights: host(weights!) }
      const made = await evaluated(await opened(), given, (x, named) => {
        const parameters = Object.fromEntries(Object.keys(wanted).map((each) => [each, named[each]!]))
        const inputTensors = x.slice(0, inputs.length)
        return ops.valueAndGradients(() => ops.sum(ops.mul(cases[name]!(...inputTensors), named.weights!)), parameters).gradients
      })
      for (const [each, array] of Object.entries(wanted)) expectClose(made[each]!, array)
    })
  })
})

it('every exported op is walked', () => {
  const walked = new Set(Object.keys(cases).map((name) => name.split(' ')[0]))
  const tensorFunctions = Object.keys(ops).filter((name) => name !== 'valueAndGradients') // which every gradient above goes through
  expect(tensorFunctions.filter((name) => !walked.has(name))).toEqual([])
  expect(Object.keys(cases).sort()).toEqual(Object.keys(golden).sort())
})

async function evaluated(
  engine: Engine,
  arrays: NamedArrays,
  compute: (x: readonly Tensor[], named: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
): Promise<NamedArrays> {
  const step = ({ inputs }: { inputs: Readonly<Record<string, Tensor>> }) => ({ outputs: compute(Object.values(inputs), inputs) })
  const program = await engine.compile(step, { label: 'op', inputs: arrays })
  const outputs = await program.run(arrays)
  await program.dispose()
  return outputs
}

function host({ dtype, shape, data }: GoldenArray): NdArray {
  return dtype === 'float32' ? floats(shape, Float32Array.from(data)) : ints(shape, Int32Array.from(data))
}

/** max|a - b| <= 1e-4 max|b| */
function expectClose(found: NdArray, wanted: NdArray): void {
  expect({ dtype: found.dtype, shape: found.shape }).toEqual({ dtype: wanted.dtype, shape: wanted.shape })
  const largest = Math.max(...Array.from(wanted.data, Math.abs), 1e-6)
  const difference = Math.max(...Array.from(wanted.data, (value, i) => Math.abs(value - found.data[i]!)))
  expect(difference).toBeLessThanOrEqual(1e-4 * largest)
}
