import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { chooseEngine } from '../../../src/engine/choose.ts'
import { probeEngines } from '../../../src/engine/probe.ts'
import { engines } from './engines.ts'

const withoutTensorflow = !engines.some(({ name }) => name === 'tensorflow')
const wish = { name: 'auto', device: 'auto', threads: 1, precision: 'fp32' } as const

describe('choosing an engine', () => {
  it.runIf(withoutTensorflow)('takes onnx where tensorflow is not installed and tells why', async () => {
    const { engine, refused } = await chooseEngine(wish)
    expect(engine.description).toMatch(/^onnx \(onnxruntime-node [\d.]+, cpu, 1 thread\)$/)
    expect(refused).toEqual([{ name: 'tensorflow', reason: 'no NVIDIA GPU answers' }])
  })

  it('refuses tensorflow where the processor is asked for', async () => {
    const { refused } = await chooseEngine({ ...wish, device: 'cpu' })
    expect(refused).toEqual([{ name: 'tensorflow', reason: 'engine.device is cpu' }])
  })

  it.runIf(withoutTensorflow)('is the user’s error where a named engine is not there', async () => {
    const named = chooseEngine({ ...wish, name: 'tensorflow', device: 'cpu' })
    await expect(named).rejects.toThrow(UserError)
    await expect(named).rejects.toThrow('engine.name: "tensorflow" cannot run here, @tensorflow/tfjs-node is not installed')
  })

  it('is the user’s error where no engine has the device', async () => {
    await expect(chooseEngine({ ...wish, device: 'abacus' })).rejects.toThrow('engine: none can run on device "abacus"')
    await expect(chooseEngine({ ...wish, name: 'onnx', device: 'abacus' })).rejects.toThrow('it has no device "abacus" (only cpu')
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
