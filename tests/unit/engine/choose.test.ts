import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { chooseEngine } from '../../../src/engine/choose.ts'
import { visibleGpus } from '../../../src/engine/nvidia.ts'
import { probeEngines } from '../../../src/engine/probe.ts'
import { withTensorflow } from './engines.ts'

const withoutGpu = (await visibleGpus()).length === 0
const wish = { name: 'auto', device: 'auto', threads: 1, precision: 'fp32' } as const

describe('choosing an engine', () => {
  it.runIf(withoutGpu)('takes onnx on the processor where no GPU answers and tells why', async () => {
    const { engine, refused } = await chooseEngine(wish)
    expect(engine.description).toMatch(/^onnx \(onnxruntime-node [\d.]+, cpu, 1 thread\)$/)
    expect(refused).toEqual([{ name: 'tensorflow', reason: 'no NVIDIA GPU answers' }])
  })

  it('refuses tensorflow where the processor is asked for', async () => {
    const { refused } = await chooseEngine({ ...wish, device: 'cpu' })
    expect(refused).toEqual([{ name: 'tensorflow', reason: 'engine.device is cpu' }])
  })

  it.skipIf(withTensorflow)('names the command where tensorflow is not set up (it is, here, or this runs)', async () => {
    const named = chooseEngine({ ...wish, name: 'tensorflow', device: 'cpu' })
    await expect(named).rejects.toThrow(UserError)
    await expect(named).rejects.toThrow(
      'engine: "tensorflow" cannot run on device "cpu", no TensorFlow library is set up here (npm run setup:tensorflow); `captune doctor`',
    )
  })

  it.runIf(withoutGpu)('is the user’s error where a GPU is asked for and none answers', async () => {
    for (const name of ['tensorflow', 'onnx'] as const) {
      const wanted = `engine: "${name}" cannot run on device "cuda:0", no NVIDIA GPU answers;`
      await expect(chooseEngine({ ...wish, name, device: 'cuda:0' })).rejects.toThrow(wanted)
    }
    await expect(chooseEngine({ ...wish, device: 'cuda:1' })).rejects.toThrow(
      'engine: none can run on device "cuda:1" (tensorflow: no NVIDIA GPU answers; onnx: no NVIDIA GPU answers; wasm: it has no device "cuda:1").',
    )
  })

  it('is the user’s error where no engine has the device', async () => {
    await expect(chooseEngine({ ...wish, device: 'abacus' })).rejects.toThrow('engine: none can run on device "abacus"')
    await expect(chooseEngine({ ...wish, name: 'onnx', device: 'abacus' })).rejects.toThrow(
      'it has no device "abacus" (only cpu, cuda, webgpu)',
    )
  })

  it('loads no engine before one is asked for', () => {
    const choose = join(import.meta.dirname, '../../../src/engine/choose.ts')
    const script = `await import(${JSON.stringify(choose)}); process.stdout.write(Object.keys(process.moduleLoadList ?? {}).length > 0 ? '' : '')
      const { createRequire } = await import('node:module'); const loaded = Object.keys(createRequire(${JSON.stringify(choose)}).cache)
      console.log(loaded.filter((file) => /tfjs|onnxruntime/.test(file)).length)`
    const node = ['--import', 'tsx', '--input-type=module', '--eval', script]
    expect(execFileSync(process.execPath, node, { encoding: 'utf8' }).trim()).toBe('0')
  })
})

describe('probing engines', () => {
  it('tells of each whether it is there, its version or why not', async () => {
    const facts = await probeEngines()
    expect(facts.map(({ name }) => name)).toEqual(['tensorflow', 'onnx', 'wasm'])
    for (const { available, version, reason } of facts) expect(available ? version : reason).toMatch(/./)
    expect(facts.filter(({ available }) => available).map(({ name }) => name)).toEqual(expect.arrayContaining(['onnx', 'wasm']))
  })
})
