import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { fromRoot } from '../../../src/base/files.ts'
import { stagedTensorflow } from '../../../src/engine/tensorflow-library.ts'
import { compileAddon } from '../../../src/setup/addon.ts'
import { unpackNpmPackage } from '../../../src/setup/npm-package.ts'
import { prove } from '../../../src/setup/prove.ts'
import { setUpTensorflow } from '../../../src/setup/tensorflow.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'
import { zipOf, type ZipFile } from './zip.ts'

afterEach(() => vi.unstubAllEnvs())

const machines = { x64: 62, arm64: 183 }
const otherMachine = machines[process.arch === 'x64' ? 'arm64' : 'x64']
const elf = (machine: number) =>
  Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(11), Buffer.of(machine, 0)])

const wheelFiles = (machine: number, cuda = false): ZipFile[] => [
  { name: 'tensorflow/libtensorflow_cc.so.2', data: elf(machine) },
  { name: 'tensorflow/libtensorflow_framework.so.2', data: elf(machine) },
  { name: 'tensorflow/python/platform/build_info.py', data: Buffer.from(`[('is_cuda_build', ${cuda ? 'True' : 'False'})]`) },
]
const here = wheelFiles(machines[process.arch as 'x64' | 'arm64'])

/** A folder with a wheel of these files; what is set up goes into `native` there, where something was set up before. */
const folderWith = (name: string, files: readonly ZipFile[]): string => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, name), zipOf(files))
  mkdirSync(join(folder, 'native'))
  writeFileSync(join(folder, 'native/staged.json'), '{"version":"before"}')
  return folder
}
const setUp = (folder: string, from: string | undefined, gpu = false) =>
  setUpTensorflow({
    from: from === undefined ? undefined : join(folder, from),
    gpu,
    say: () => undefined,
    folder: join(folder, 'native'),
  })

const wheel = 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl'

describe.runIf(process.platform === 'linux')('what cannot be set up is told in one sentence, and what was set up stays', () => {
  const lacking = here.slice(0, 1)
  it.each([
    ['a path that is not there', wheel, here, 'absent.whl', false, 'there is no such file or folder'],
    ['another package', 'numpy-2.0-py3-none-any.whl', here, 'numpy-2.0-py3-none-any.whl', false, 'it is no wheel of TensorFlow'],
    ['a folder without any', 'notes.txt', here, '.', false, 'it is no wheel of TensorFlow, nor a folder with one'],
    ['a wheel without its library', wheel, lacking, wheel, false, 'it has no `tensorflow/libtensorflow_framework.so.2`'],
    ['a wheel for another processor', wheel, wheelFiles(otherMachine), wheel, false, 'its library is not for this processor'],
    [
      'a wheel for processors where a GPU is wanted',
      wheel,
      here,
      '.',
      true,
      'a wheel of `tensorflow` (not tensorflow-cpu) is needed',
    ],
  ])('%s', async (_, name, files, from, gpu, sentence) => {
    const folder = folderWith(name, files)
    const failing = setUp(folder, from, gpu)
    await expect(failing).rejects.toThrow(UserError)
    await expect(failing).rejects.toThrow(sentence)
    expect(stagedTensorflow(join(folder, 'native'))).toEqual({ version: 'before' })
    expect(existsSync(join(folder, 'native.draft'))).toBe(false)
  })

  it('two wheels to choose from', async () => {
    const folder = folderWith(wheel, here)
    writeFileSync(join(folder, wheel.replace('2.21', '2.20')), zipOf(here))
    await expect(setUp(folder, '.')).rejects.toThrow('it holds 2 wheels of TensorFlow; name the one to take')
  })

  it('an npm package that was brought and is another one', async () => {
    const folder = folderWith(wheel, here)
    writeFileSync(join(folder, 'tensorflow-tfjs-node-4.22.0.tgz'), 'something else')
    await expect(setUp(folder, '.')).rejects.toThrow('its SHA-512 is not that of @tensorflow/tfjs-node 4.22.0')
  })

  it('no Python to download with', async () => {
    vi.stubEnv('CAPTUNE_PYTHON', 'no-such-python')
    const folder = folderWith(wheel, here)
    await expect(setUp(folder, undefined)).rejects.toThrow(
      'cannot download it (there is no program no-such-python); a wheel brought',
    )
  })

  it('no npm registry', async () => {
    vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9')
    const absent = { name: 'captune-absent', version: '1.0.0', integrity: '' }
    const fetching = unpackNpmPackage(absent, temporaryFolder(), undefined)
    await expect(fetching).rejects.toThrow(
      /captune-absent 1.0.0: npm cannot fetch it \(npm error .+\); the npm registry is needed/,
    )
  })

  it('no compiler, and sources that do not compile', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'binding'))
    writeFileSync(join(folder, 'binding/wrong.cc'), 'int f() { return TF_Absent(); }')
    const parts = { tfjsNode: folder, nodeHeaders: folder, tensorflowHeaders: folder, libraries: folder, librariesFromAddon: '.' }
    await expect(compileAddon(join(folder, 'addon.node'), parts)).rejects.toThrow(
      /cannot be built against this TensorFlow, .*TF_Absent/,
    )
    vi.stubEnv('CXX', 'no-such-compiler')
    await expect(compileAddon(join(folder, 'addon.node'), parts)).rejects.toThrow(
      'no-such-compiler: no C++ compiler answers; install',
    )
  })

  it('a library that does not load', async () => {
    const folder = temporaryFolder()
    expect(await prove('tensorflow', 'cpu', folder)).toEqual({
      failure: 'no TensorFlow library is set up here (npm run setup:tensorflow)',
    })
    const facts = { version: '2', cuda: false, platform: `${process.platform}-${process.arch}` }
    writeFileSync(join(folder, 'staged.json'), JSON.stringify(facts))
    writeFileSync(join(folder, 'tfjs_binding.node'), elf(machines.x64))
    expect((await prove('tensorflow', 'cpu', folder)).failure).toMatch(/tfjs_binding\.node/)
  })
})

const real = process.env['CAPTUNE_TENSORFLOW_WHEEL']
it.runIf(real !== undefined)(
  'a real wheel is set up and computes (needs CAPTUNE_TENSORFLOW_WHEEL and npm)',
  { timeout: 300_000 },
  async () => {
    const folder = fromRoot('native/test') // in the checkout, for its tfjs
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const sentence = await setUpTensorflow({ from: real, gpu: false, say: () => undefined, folder })
    expect(sentence).toMatch(/^TensorFlow [\d.]+ is set up: `engine\.name: tensorflow` computes on/)
    expect((await prove('tensorflow', 'cpu', folder)).description).toMatch(/^tensorflow \(TensorFlow [\d.]+, cpu, 1 thread\)$/)
    expect(readFileSync(join(folder, 'tfjs-node/package.json'), 'utf8')).toContain('Apache-2.0')
  },
)
