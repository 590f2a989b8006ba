import { afterAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { floats, sizeOf } from '../../../src/base/nd-array.ts'
import type { NamedArrays, NdArray } from '../../../src/base/nd-array.ts'
import { random } from '../../../src/base/random.ts'
import { chooseEngine } from '../../../src/engine/choose.ts'
import type { Engine, Precision, Step } from '../../../src/engine/engine.ts'
import { graphText } from '../../../src/engine/graph-text.ts'
import { probeInt8, refusalOfInt8 } from '../../../src/engine/int8-engine.ts'
import { withInt8Products } from '../../../src/engine/int8-products.ts'
import { onnxEngine } from '../../../src/engine/onnx-engine.ts'
import * as ops from '../../../src/engine/ops.ts'
import { record } from '../../../src/engine/record.ts'
import { roundColumns, roundRows } from '../../../src/engine/round-weight.ts'

const [rows, width, inner] = [12, 48, 96]

const drawn = (name: string, shape: readonly number[], scale = 1) => {
  const { normal } = random(1, 'int8', name)
  return floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => scale * normal()),
  )
}

const frozen = { up: drawn('up', [width, inner], 0.1), head: drawn('head', [inner, width], 0.1) }
const trained = { scale: drawn('scale', [width]) }
const inputs = { x: drawn('x', [rows, width]) }

/** A frozen product, a product with its transpose, and the gradient that runs back through both. */
const step: Step = ({ frozen: { up, head }, state, inputs: { x } }) => {
  const loss = () => {
    const hidden = ops.tanh(ops.matMul(ops.mul(x!, state.scale!), up!)) // (R, inner)
    return ops.mean(ops.square(ops.matMul(hidden, ops.transpose(head!), false, true)))
  }
  const { value, gradients } = ops.valueAndGradients(loss, { scale: state.scale! })
  return { outputs: { loss: value, gradient: gradients.scale! } }
}

const open: Engine[] = []
afterAll(() => Promise.all(open.map((engine) => engine.dispose())))

async function computed(precision: Precision, { approximate, given = inputs }: { approximate: boolean; given?: typeof inputs }) {
  const engine = onnxEngine({ device: 'cpu', threads: 1, precision })
  open.push(engine)
  const state = [engine.hold(trained)]
  const program = await engine.compile(step, { label: 'int8', frozen, state, inputs: given, approximate })
  return program.run(given)
}

describe('frozen products in int8', () => {
  it('give gradients within two hundredths of those in fp32', async () => {
    const [exact, rounded] = [await computed('fp32', { approximate: true }), await computed('int8', { approximate: true })]
    expect(rounded).not.toEqual(exact)
    for (const name of ['loss', 'gradient']) expect(distance(rounded[name]!, exact[name]!), name).toBeLessThan(0.02)
  })

  it('have the same bits again, so that a training can be resumed', async () => {
    expect(await computed('int8', { approximate: true })).toEqual(await computed('int8', { approximate: true }))
  })

  it('are what a program gets that says it bears them, and no other', async () => {
    expect(await computed('int8', { approximate: false })).toEqual(await computed('fp32', { approximate: false }))
  })

  it('round each row by itself: a row a thousand times as large does not drown the others', async () => {
    const uneven = floats([rows, width], inputs.x.data.map((value, at) => (at < width ? 1000 * value : value))) // prettier-ignore
    const product: Step = ({ frozen: { up }, inputs: { x } }) => ({ outputs: { y: ops.matMul(x!, up!) } })
    const y = async (precision: Precision) => {
      const engine = onnxEngine({ device: 'cpu', threads: 1, precision })
      open.push(engine)
      const program = await engine.compile(product, { label: 'rows', frozen, inputs: { x: uneven }, approximate: true })
      return (await program.run({ x: uneven })).y!
    }
    const [exact, rounded] = [await y('fp32'), await y('int8')]
    const rest = ({ data }: NdArray) => floats([rows - 1, inner], Float32Array.from(data.slice(inner)))
    expect(distance(rest(rounded), rest(exact))).toBeLessThan(0.02)
  })

  it('make zeros of rows of zeros, as padding has them', async () => {
    const blank = { x: floats([rows, width]) }
    const { gradient } = await computed('int8', { approximate: true, given: blank })
    expect([...gradient!.data].every((value) => value === 0)).toBe(true)
  })

  it('leave in fp32 what multiplies probabilities, and what no frozen weight is part of', () => {
    const mixed: Step = ({ frozen: { up, head }, state, inputs: { x } }) => {
      const chances = ops.softmax(ops.matMul(x!, up!)) // (R, inner)
      return { outputs: { y: ops.mul(ops.matMul(chances, head!), state.scale!), z: ops.matMul(x!, x!, false, true) } }
    }
    const graph = record(mixed, { label: 'mixed', frozen, state: trained, inputs })
    const { graph: int8 } = withInt8Products(graph, ({ name, shape }, transposed) =>
      (transposed ? roundRows : roundColumns)(frozen[name.slice('frozen:'.length) as keyof typeof frozen].data, shape),
    )
    expect(graphText(int8)).toMatchSnapshot()
  })
})

describe('a rounded weight', () => {
  it.each([
    ['as it is', roundColumns, [3, 2], [1, -5, 2, 8, -3, 0]],
    ['transposed', roundRows, [2, 3], [1, 2, -3, -5, 8, 0]],
  ] as const)('has whole numbers up to 127 with a scale for each output, %s', (_, round, shape, data) => {
    const { inputs: height, outputs, values, scales } = round(Float32Array.from(data), shape)
    expect([height, outputs]).toEqual([3, 2])
    expect([...scales]).toEqual([Math.fround(3 / 127), Math.fround(8 / 127)])
    expect([...values]).toEqual([42, -79, 85, 127, -127, 0])
  })

  it('may have an output of zeros', () => {
    expect(roundColumns(new Float32Array(4), [2, 2])).toMatchObject({ values: new Int8Array(4), scales: Float32Array.of(1, 1) })
  })
})

describe('the probe before int8 is used', () => {
  it('measures its speed beside fp32 and its error', async () => {
    const { ratio, error } = await probeInt8(1)
    expect(ratio).toBeGreaterThan(0)
    expect(error).toBeGreaterThan(0)
  })

  it.each([
    [{ ratio: 0.4, error: 0.004 }, undefined],
    [{ ratio: 1.26, error: 0.004 }, 'takes 1.3 times as long as fp32 on this machine'],
    [{ ratio: 0.4, error: 0.5 }, "multiplies wrongly on this machine's processor (off by 50 %)"],
  ])('refuses it where it is slower or wrong: %o', (found, refusal) => {
    expect(refusalOfInt8(found)).toBe(refusal)
  })

  it('stands before the engine: where int8 is asked for, it is used or refused, never left out in silence', async () => {
    const wish = { name: 'auto', device: 'cpu', threads: 1, precision: 'int8' } as const
    try {
      const { engine } = await chooseEngine(wish)
      open.push(engine)
      expect(engine.description).toMatch(/training with frozen products in int8\)$/)
    } catch (error) {
      expect(error).toBeInstanceOf(UserError)
      expect((error as Error).message).toMatch(/^precision int8 .*; fp32 is needed for the engine and the encoder\.$/)
    }
  })
})

/** The length of the difference over the length of what is wanted. */
function distance(found: NamedArrays[string], wanted: NamedArrays[string]): number {
  const difference = Math.hypot(...Array.from(wanted.data, (value, i) => value - found.data[i]!))
  return difference / Math.hypot(...wanted.data)
}
