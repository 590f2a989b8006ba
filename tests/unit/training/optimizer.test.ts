import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromRoot, readJson } from '../../../src/base/files.ts'
import { floats } from '../../../src/base/nd-array.ts'
import { chooseEngine } from '../../../src/engine/choose.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import * as ops from '../../../src/engine/ops.ts'
import { adamWInputs } from '../../../src/training/adamw.ts'
import { warmupCosine } from '../../../src/training/schedule.ts'
import { optimizerInputs, trainStep, withMoments } from '../../../src/training/step.ts'
import { engineNames } from '../engine/engines.ts'

type Flat = Record<string, number[]>
interface Golden {
  shapes: Record<string, number[]>
  decay: number
  rates: number[]
  start: Flat
  gradients: Flat[]
  cases: {
    clip: number
    norms: number[]
    trajectory: Flat[]
    moments: Record<string, { exp_avg: number[]; exp_avg_sq: number[] }>
  }[]
}
const golden = readJson(fromRoot('tests/fixtures/training/adamw.json')) as Golden
const trained = Object.keys(golden.shapes)
const specs = Object.fromEntries(trained.map((name) => [`g.${name}`, { dtype: 'float32' as const, shape: golden.shapes[name]! }]))

function arrays(values: Flat, prefix = '') {
  return Object.fromEntries(
    trained.map((name) => [prefix + name, floats(golden.shapes[name]!, Float32Array.from(values[name]!))]),
  )
}

/** Largest difference relative to the largest expected value. */
function difference(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length)
  return Math.max(...expected.map((value, i) => Math.abs(found[i]! - value))) / Math.max(...expected.map(Math.abs))
}

describe.each(engineNames)('trainStep on %s', (name) => {
  let engine: Engine
  beforeAll(async () => {
    engine = (await chooseEngine({ name, device: 'cpu', threads: 1, precision: 'fp32' })).engine
  })
  afterAll(() => engine.dispose())

  test.each(golden.cases)(
    "equals PyTorch's AdamW over 20 steps to 1e-5, gradients clipped at $clip",
    async ({ clip, norms, trajectory, moments }) => {
      const state = engine.hold(withMoments(arrays(golden.start)))
      // The gradient of sum(parameter * g) is g: PyTorch's gradients come in as inputs.
      const step = trainStep({
        loss: ({ state, inputs }) =>
          trained.map((name) => ops.sum(ops.mul(state[name]!, inputs[`g.${name}`]!))).reduce((a, b) => ops.add(a, b)),
        trained,
        decay: golden.decay,
        clip,
      })
      const program = await engine.compile(step, { label: 'adamw', state: [state], inputs: { ...specs, ...optimizerInputs } })
      for (const [n, gradient] of golden.gradients.entries()) {
        const outputs = await program.run({ ...arrays(gradient, 'g.'), ...adamWInputs(n + 1, golden.rates[n]!) })
        expect(difference(outputs['gradient_norm']!.data, [norms[n]!])).toBeLessThan(1e-6)
        const values = await state.read()
        for (const name of trained) expect(difference(values[name]!.data, trajectory[n]![name]!)).toBeLessThan(1e-5)
      }
      const values = await state.read()
      for (const name of trained) {
        expect(difference(values[`adam.m.${name}`]!.data, moments[name]!.exp_avg)).toBeLessThan(1e-5)
        expect(difference(values[`adam.v.${name}`]!.data, moments[name]!.exp_avg_sq)).toBeLessThan(1e-5)
      }
    },
  )

  test('says which parameter it was not given', async () => {
    const step = trainStep({ loss: ({ state }) => ops.sum(state['w']!), trained: ['w', 'lora'], decay: 0, clip: 0 })
    const state = engine.hold({ w: floats([2]) })
    await expect(async () => {
      const program = await engine.compile(step, { label: 'missing', state: [state], inputs: optimizerInputs })
      await program.run(adamWInputs(1, 0.1))
    }).rejects.toThrow('a train step needs `lora`')
  })
})

describe('warmupCosine', () => {
  const cases = readJson(fromRoot('tests/fixtures/training/schedule.json')) as {
    peak: number
    warmup: number
    total: number
    rates: number[]
  }[]

  test.each(cases)(
    'equals the schedule of transformers for peak $peak, warm-up $warmup of $total steps',
    ({ rates, ...schedule }) => {
      rates.forEach((rate, n) => expect(warmupCosine(n, schedule)).toBeCloseTo(rate, 12))
    },
  )
})
