import { describe, expect, it } from 'vitest'
import { cudaIndex } from '../../../src/engine/device.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { refusalOfGpu, visibleAmong } from '../../../src/engine/nvidia.ts'
import { providerOf } from '../../../src/engine/onnx-provider.ts'
import { proveEngine } from '../../../src/engine/proof.ts'
import { engines } from './engines.ts'

describe('devices by name', () => {
  it('counts GPUs from nought; `cuda` is the first', () => {
    expect(['cuda', 'cuda:0', 'cuda:1', 'cuda:12'].map(cudaIndex)).toEqual([0, 0, 1, 12])
    expect(['cpu', 'auto', 'webgpu', 'cuda:', 'cuda:x', 'gpu'].map(cudaIndex)).toEqual(Array(6).fill(undefined))
  })

  it('tells onnxruntime which GPU', () => {
    expect(['cpu', 'webgpu', 'cuda:1'].map(providerOf)).toEqual(['cpu', 'webgpu', { name: 'cuda', deviceId: 1 }])
  })
})

describe('the GPUs that are seen', () => {
  const installed = [
    { index: '0', uuid: 'GPU-aa11', name: 'large' },
    { index: '1', uuid: 'GPU-bb22', name: 'small' },
  ]
  it.each([
    [undefined, ['large', 'small']],
    ['1', ['small']],
    ['1,0', ['small', 'large']],
    ['GPU-bb', ['small']],
    ['0,7,1', ['large']],
    ['-1', []],
    ['', []],
    ['MIG-cc33', ['a slice of a GPU']],
  ])('with CUDA_VISIBLE_DEVICES=%s are %j', (visible, names) => {
    expect(visibleAmong(installed, visible).map(({ name }) => name)).toEqual(names)
  })

  it('are named where one that is not there is asked for', () => {
    const gpus = visibleAmong(installed, undefined)
    expect(refusalOfGpu(gpus, 1)).toBeUndefined()
    expect(refusalOfGpu(gpus, 2)).toBe('there is no GPU "cuda:2" (only cuda:0, large; cuda:1, small)')
    expect(refusalOfGpu([], 0)).toBe('no NVIDIA GPU answers')
  })
})

describe('the proof', () => {
  it.each(engines)('holds on $name', async ({ open }) => {
    const engine = await open()
    await proveEngine(engine)
    await engine.dispose()
  })

  it('tells wrong numbers', async () => {
    const engine = await engines[0]!.open()
    const wrong: Engine = {
      ...engine,
      compile: (step, options) =>
        engine.compile((given) => {
          const { outputs } = step(given)
          return { outputs: { ...outputs, loss: outputs.gradient! } }
        }, options),
    }
    await expect(proveEngine(wrong)).rejects.toThrow('it computes a loss of 34, -28, 48, -40 where 49 is right')
    await engine.dispose()
  })
})
