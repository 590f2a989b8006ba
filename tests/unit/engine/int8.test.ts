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

/** Older processors add pairs of products in 16 bits that overflow; there int8 is refused, and there is nothing to compare. */
const refusal = refusalOfInt8({ ...(await probeInt8(1)), ratio: 0 })
function whereBytesFit(behaviour: string, test: () => Promise<void>): void {
  const why = refusal === undefined ? '' : ` (skipped: int8 ${refusal})`
  it.skipIf(refusal !== undefined)(`${behaviour}${why}`, test)
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
  whereBytesFit('give gradients within two hundredths of those in fp32', async () => {
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

  whereBytesFit('round each row by itself: a row a thousand times as large does not drown the others', async () => {
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
    expect(graphText(withInt8Products(graph, () => false))).toMatchSnapshot()
  })
})

describe('trained products in int8', () => {
  const side = 256 // smaller ones are not worth it
  const matrices = { first: drawn('first', [side, side], 0.05), second: drawn('second', [side, side], 0.05) }
  const given = { x: drawn('x', [24, side]) }
  const loss: Step = ({ state: { first, second }, inputs: { x } }) => {
    const square = () => ops.mean(ops.square(ops.matMul(ops.matMul(x!, first!), second!)))
    const { value, gradients } = ops.valueAndGradients(square, { first: first!, second: second! })
    return { outputs: { loss: value, ...gradients } }
  }

  async function computedOf(precision: Precision, inputs = given) {
    const engine = onnxEngine({ device: 'cpu', threads: 1, precision })
    open.push(engine)
    const state = [engine.hold(matrices)]
    const program = await engine.compile(loss, { label: 'trained', state, inputs, approximate: true })
    return program.run(inputs)
  }

  whereBytesFit('give a loss and gradients of weights within three hundredths of those in fp32', async () => {
    const [exact, rounded] = [await computedOf('fp32'), await computedOf('int8')]
    for (const name of ['loss', 'first', 'second']) {
      expect(distance(rounded[name]!, exact[name]!), name).toBeLessThan(0.03)
      expect(rounded[name], name).not.toEqual(exact[name])
    }
  })

  whereBytesFit('weigh a token in the gradient by its size, though each is rounded by itself', async () => {
    const uneven = { x: floats([24, side], given.x.data.map((value, at) => (at < side ? 30 * value : value))) } // prettier-ignore
    const [exact, rounded] = [await computedOf('fp32', uneven), await computedOf('int8', uneven)]
    for (const name of ['first', 'second']) expect(distance(rounded[name]!, exact[name]!), name).toBeLessThan(0.03)
  })

  it('make zeros of zeros', async () => {
    const { first } = await computedOf('int8', { x: floats([24, side]) })
    expect([...first!.data].every((value) => value === 0)).toBe(true)
  })

  it('stand in the graph as rounded in the run, forward, back to the input and back to the weight; a small one stays as it is', () => {
    const small = { ...matrices, small: drawn('small', [side, 8]) }
    const step: Step = ({ state, inputs: { x } }) => {
      const sum = () => ops.sum(ops.matMul(ops.matMul(ops.matMul(x!, state.first!), state.second!), state.small!))
      const { value, gradients } = ops.valueAndGradients(sum, { first: state.first!, second: state.second! })
      return { outputs: { value, ...gradients } }
    }
    const graph = record(step, { label: 'trained', frozen: {}, state: small, inputs: given })
    expect(graphText(withInt8Products(graph, () => false))).toMatchSnapshot()
  })
})

describe('a frozen weight in int8', () => {
  whereBytesFit('behind a few large activations, as in GPT-2, is as exact as behind even ones', async () => {
    const outliers = [3, 17, 40]
    const scaled = (array: typeof frozen.up, by: number, at: (index: number) => number) =>
      floats(array.shape, array.data.map((value, i) => (outliers.includes(at(i)) ? by * value : value))) // prettier-ignore
    const product: Step = ({ frozen: { up }, inputs: { x } }) => ({ outputs: { y: ops.matMul(x!, up!) } })
    const y = async (precision: Precision, given: { x: typeof inputs.x; up: typeof frozen.up }) => {
      const engine = onnxEngine({ device: 'cpu', threads: 1, precision })
      open.push(engine)
      const options = { label: 'outliers', frozen: { up: given.up }, inputs: { x: given.x }, approximate: true }
      return (await (await engine.compile(product, options)).run({ x: given.x })).y!
    }
    const planted = { x: scaled(inputs.x, 64, (i) => i % width), up: scaled(frozen.up, 1 / 64, (i) => Math.floor(i / inner)) }
    const exact = await y('fp32', planted)
    const error = distance(await y('int8', planted), exact)
    expect(error).toBeLessThan(1.5 * distance(await y('int8', { x: inputs.x, up: frozen.up }), exact))
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
      expect(engine.description).toMatch(/training with products of weights in int8\)$/)
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
