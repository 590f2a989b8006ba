// The engines that parity is proven on, and one way to compare with a kept reference: a step compiled by each of them.
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { packageRoot } from '../../src/base/files.ts'
import type { NamedArrays, NdArray } from '../../src/base/nd-array.ts'
import { readSafetensors } from '../../src/checkpoint/safetensors.ts'
import { chooseEngine } from '../../src/engine/choose.ts'
import type { Engine, EngineName, Step, Tensors } from '../../src/engine/engine.ts'
import * as ops from '../../src/engine/ops.ts'
import type { Tensor } from '../../src/engine/ops.ts'

export { engineNames } from '../unit/engine/engines.ts'

/** An engine for one test file, given back at its end. */
export async function openEngine(name: EngineName): Promise<Engine> {
  const { engine } = await chooseEngine({ name, device: 'cpu', threads: 1, precision: 'fp32' })
  afterAll(() => engine.dispose())
  return engine
}

/** A fixture of tests/fixtures/models. */
export function fixture(name: string): NamedArrays {
  return readSafetensors(fixturePath(name)).readAll()
}

export function fixturePath(name: string): string {
  return join(packageRoot, 'tests/fixtures/models', name)
}

/** The entries below `prefix`, without it. */
export function below(arrays: NamedArrays, prefix: string): NamedArrays {
  const entries = Object.entries(arrays).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(entries.map(([name, array]) => [name.slice(prefix.length), array]))
}

export interface Trial {
  readonly frozen?: NamedArrays
  readonly trained?: NamedArrays
  readonly inputs?: NamedArrays
}

/** Compiles a step and runs it once. */
export async function runOnce(engine: Engine, trial: Trial, step: Step): Promise<NamedArrays> {
  const { frozen = {}, trained = {}, inputs = {} } = trial
  const specs = Object.fromEntries(Object.entries(inputs).map(([name, { dtype, shape }]) => [name, { dtype, shape }]))
  const state = engine.hold(trained)
  const program = await engine.compile(step, { label: 'trial', frozen, state: [state], inputs: specs })
  const outputs = await program.run(inputs)
  await program.dispose()
  state.dispose()
  return outputs
}

/** The outputs of `forward`, `loss` among them, and the loss's gradient for every trained array under `grad/`. */
export function withGradients(forward: (given: Parameters<Step>[0]) => Tensors & { loss: Tensor }): Step {
  return (given) => {
    const { gradients } = ops.valueAndGradients(() => forward(given).loss, given.state)
    const named = Object.entries(gradients).map(([name, gradient]) => [`grad/${name}`, gradient] as const)
    return { outputs: { ...forward(given), ...Object.fromEntries(named) } }
  }
}

/** Every expected array is met to `tolerance` of its own largest value. */
export function expectClose(found: NamedArrays, expected: NamedArrays, tolerance = 1e-4): void {
  for (const [name, array] of Object.entries(expected)) expect(distance(found[name], array), name).toBeLessThanOrEqual(tolerance)
}

/** max |a - b| / max |b|; infinite where shapes differ, or where a value is missing or not a number. */
export function distance(a: NdArray | undefined, b: NdArray): number {
  if (a?.shape.join() !== b.shape.join()) return Infinity
  let most = 0
  let largest = 0
  b.data.forEach((value, i) => {
    const difference = Math.abs(a.data[i]! - value)
    most = Math.max(most, Number.isNaN(difference) ? Infinity : difference)
    largest = Math.max(largest, Math.abs(value))
  })
  return most === 0 ? 0 : most / (largest || 1)
}
