import * as tf from '@tensorflow/tfjs'
import { afterAll, describe, expect, it } from 'vitest'
import { floats, ints, scalar } from '../../../src/base/nd-array.ts'
import type { NamedArrays } from '../../../src/base/nd-array.ts'
import type { Engine, Step } from '../../../src/engine/engine.ts'
import * as ops from '../../../src/engine/ops.ts'
import { engines } from './engines.ts'
import { batch, frozen, smallStep, trained } from './small-step.ts'

const [onnx, wasm, ...more] = engines

const addToTotal: Step = ({ state, inputs }) => {
  const total = ops.add(state.total!, inputs.x!)
  return { state: { total }, outputs: { total } }
}
const readTotal: Step = ({ state }) => ({ outputs: { doubled: ops.mul(state.total!, 2) } })
const x = { dtype: 'float32', shape: [2] } as const
const pair = (a: number, b: number) => floats([2], Float32Array.of(a, b))

describe('the same train step on every engine', () => {
  it.each([wasm!, ...more])('gives the loss, gradients and new weights of onnx on $name', async ({ open }) => {
    const wanted = await threeSteps(await onnx!.open())
    const found = await threeSteps(await open())
    expect(Object.keys(found)).toEqual(Object.keys(wanted))
    for (const [name, array] of Object.entries(wanted)) {
      const largest = Math.max(...Array.from(array.data, Math.abs))
      const difference = Math.max(...Array.from(array.data, (value, i) => Math.abs(value - found[name]!.data[i]!)))
      expect(difference, name).toBeLessThanOrEqual(1e-4 * largest)
    }
  })
})

describe.each(engines)('$name', ({ name, open }) => {
  let engine: Engine | undefined
  const opened = async () => (engine ??= await open())
  afterAll(async () => engine?.dispose())

  it('learns: the loss falls', async () => {
    const { before, after } = await losses(await opened())
    expect(after).toBeLessThan(before)
  })

  it('gives the same numbers again', async () => {
    expect(await threeSteps(await opened())).toEqual(await threeSteps(await opened()))
  })

  it('carries state from step to step and shows it to every program that shares it', async () => {
    const state = (await opened()).hold({ total: pair(1, 2) })
    const adding = await (await opened()).compile(addToTotal, { label: 'add', state: [state], inputs: { x } })
    const reading = await (await opened()).compile(readTotal, { label: 'read', state: [state], inputs: {} })
    for (let i = 0; i < 3; i++) await adding.run({ x: pair(10, 20) })
    expect((await reading.run({})).doubled!.data).toEqual(Float32Array.of(62, 124))
    state.write({ total: pair(5, 6) })
    expect((await reading.run({})).doubled!.data).toEqual(Float32Array.of(10, 12))
    await adding.run({ x: pair(1, 1) })
    expect((await state.read()).total).toEqual(pair(6, 7))
    state.dispose()
  })

  it('hands out copies: neither outputs nor what was read change later', async () => {
    const given = { total: pair(1, 2) }
    const state = (await opened()).hold(given)
    const adding = await (await opened()).compile(addToTotal, { label: 'add', state: [state], inputs: { x } })
    const read = await state.read()
    const outputs = await adding.run({ x: pair(1, 1) })
    for (let i = 0; i < 4; i++) await adding.run({ x: pair(1, 1) })
    expect(given.total).toEqual(pair(1, 2))
    expect(read.total).toEqual(pair(1, 2))
    expect(outputs.total).toEqual(pair(2, 3))
  })

  it('runs what was asked for at once one after the other', async () => {
    const state = (await opened()).hold({ total: pair(0, 0) })
    const adding = await (await opened()).compile(addToTotal, { label: 'add', state: [state], inputs: { x } })
    await Promise.all([1, 2, 3, 4].map((value) => adding.run({ x: pair(value, value) })))
    expect((await state.read()).total).toEqual(pair(10, 10))
  })

  it('gives back what it was given: inputs, state, weights and constants may be outputs, twice too', async () => {
    const state = (await opened()).hold({ s: pair(3, 4) })
    const step: Step = ({ frozen: { w }, state: { s }, inputs: { ids } }) => ({
      state: { s: w! },
      outputs: { s: s!, w: w!, ids: ids!, again: ids!, one: ops.ones([2]), larger: ops.greater(s!, w!) },
    })
    const options = {
      label: 'echo',
      frozen: { w: pair(5, 2) },
      state: [state],
      inputs: { ids: { dtype: 'int32', shape: [2] } },
    } as const
    const program = await (await opened()).compile(step, options)
    expect(await program.run({ ids: ints([2], Int32Array.of(7, 8)) })).toEqual({
      s: pair(3, 4),
      w: pair(5, 2),
      ids: ints([2], Int32Array.of(7, 8)),
      again: ints([2], Int32Array.of(7, 8)),
      one: pair(1, 1),
      larger: ints([2], Int32Array.of(0, 1)),
    })
    expect((await state.read()).s).toEqual(pair(5, 2))
  })

  it('replaces rows of a state; the step itself, other programs and other states see what they should', async () => {
    const table = floats([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6))
    const state = (await opened()).hold({ table, total: pair(0, 0) })
    const step: Step = ({ state: { table: old, total }, inputs: { ids, rows } }) => {
      const replaced = ops.scatter(old!, ids!, rows!)
      const sums = (of: typeof replaced) => ops.sum(of, 0)
      return { state: { table: replaced, total: ops.add(total!, 1) }, outputs: { before: sums(old!), after: sums(replaced) } }
    }
    const blind: Step = ({ state: { table: old }, inputs: { ids, rows } }) => ({
      state: { table: ops.scatter(old!, ids!, rows!) },
      outputs: {},
    })
    const inputs = { ids: { dtype: 'int32', shape: [2] }, rows: { dtype: 'float32', shape: [2, 2] } } as const
    const replacing = await (await opened()).compile(step, { label: 'replace', state: [state], inputs })
    const unseen = await (await opened()).compile(blind, { label: 'replace unseen', state: [state], inputs })
    const given = { ids: ints([2], Int32Array.of(2, 0)), rows: floats([2, 2], Float32Array.of(7, 8, 9, 10)) }
    expect(await replacing.run(given)).toEqual({ before: pair(9, 12), after: pair(19, 22) })
    expect(await replacing.run(given)).toEqual({ before: pair(19, 22), after: pair(19, 22) })
    const same = floats([2, 2], Float32Array.of(0, 1, 0, 1))
    expect(await unseen.run({ ids: ints([2], Int32Array.of(1, 1)), rows: same })).toEqual({})
    expect(await state.read()).toEqual({ table: floats([3, 2], Float32Array.of(9, 10, 0, 1, 7, 8)), total: pair(2, 2) })
    expect(table.data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6))
  })

  it('holds no more tensors after many steps than after few', async () => {
    const state = (await opened()).hold(trained)
    const program = await (await opened()).compile(smallStep, { label: 'leak', frozen, state: [state], inputs: batch })
    await program.run(batch)
    const { numTensors } = tf.memory()
    for (let i = 0; i < 20; i++) await program.run(batch)
    expect(tf.memory().numTensors).toBe(numTensors)
    await program.dispose()
    state.dispose()
    expect(tf.memory().numTensors).toBeLessThanOrEqual(numTensors)
  })

  it('names what is wrong with an input', async () => {
    const program = await (await opened()).compile(({ inputs }) => ({ outputs: inputs }), { label: 'check', inputs: { x } })
    await expect(program.run({})).rejects.toThrow('check: input x is missing')
    await expect(program.run({ x: pair(1, 2), y: scalar(1) })).rejects.toThrow('check: input y is unknown')
    await expect(program.run({ x: floats([3]) })).rejects.toThrow('check: input x is float32 [3]; float32 [2] is needed')
    await expect(program.run({ x: ints([2]) })).rejects.toThrow('check: input x is int32 [2]; float32 [2] is needed')
  })

  it('names what is wrong with a state', async () => {
    const state = (await opened()).hold({ total: pair(1, 2) })
    expect(() => state.write({ sum: pair(1, 2) })).toThrow('state sum is unknown')
    expect(() => state.write({ total: scalar(1) })).toThrow('state total is float32 []; float32 [2] is needed')
    const twice = (await opened()).compile(addToTotal, { label: 'add', state: [state, state], inputs: { x } })
    await expect(twice).rejects.toThrow('add: two states hold total')
    const grow: Step = ({ state: { total } }) => ({ state: { total: ops.concat([total!, total!]) }, outputs: {} })
    const grown = async () => (await (await opened()).compile(grow, { label: 'grow', state: [state], inputs: {} })).run({})
    await expect(grown()).rejects.toThrow('grow: new state total is float32 [4]; float32 [2] is needed')
  })

  it('says in one line what it is', async () => {
    expect((await opened()).description).toMatch(new RegExp(`^${name} \\(.+\\)$`))
    expect((await opened()).name).toBe(name)
  })
})

async function losses(engine: Engine): Promise<{ before: number; after: number }> {
  const state = engine.hold(trained)
  const program = await engine.compile(smallStep, { label: 'small', frozen, state: [state], inputs: batch })
  const series: number[] = []
  for (let i = 0; i < 10; i++) series.push((await program.run(batch)).loss!.data[0]!)
  await program.dispose()
  state.dispose()
  return { before: series[0]!, after: series[9]! }
}

/** Outputs of the third step and the state after it. */
async function threeSteps(engine: Engine): Promise<NamedArrays> {
  const state = engine.hold(trained)
  const program = await engine.compile(smallStep, { label: 'small', frozen, state: [state], inputs: batch })
  await program.run(batch)
  await program.run(batch)
  const outputs = await program.run(batch)
  const after = await state.read()
  await program.dispose()
  state.dispose()
  return { ...outputs, ...Object.fromEntries(Object.entries(after).map(([name, array]) => [`new ${name}`, array])) }
}
