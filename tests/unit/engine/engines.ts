// The engines that tests walk: onnx, wasm, and tensorflow where it is set up.
import { describe, it } from 'vitest'
import { chooseEngine } from '../../../src/engine/choose.ts'
import type { Engine, EngineName } from '../../../src/engine/engine.ts'
import { stagedTensorflow } from '../../../src/engine/tensorflow-library.ts'

export interface EngineUnderTest {
  readonly name: EngineName
  open(): Promise<Engine>
}

const onProcessor = (name: EngineName): EngineUnderTest => ({
  name,
  open: async () => (await chooseEngine({ name, device: 'cpu', threads: 2, precision: 'fp32' })).engine,
})

export const withTensorflow = stagedTensorflow() !== undefined

export const engines: readonly EngineUnderTest[] = [
  onProcessor('onnx'),
  onProcessor('wasm'),
  ...(withTensorflow ? [onProcessor('tensorflow')] : []),
]

export const engineNames = engines.map(({ name }) => name)

if (!withTensorflow)
  describe('on tensorflow', () => it.skip('is proven where it is set up, not here (npm run setup:tensorflow)', () => undefined))
