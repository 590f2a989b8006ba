// `captune setup tensorflow`: a TensorFlow library out of a Python wheel, tfjs-node's addon built against it, both proved and put where the
// engine looks. Nothing of it is a dependency: without it the product is whole.
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import { visibleGpus } from '../engine/nvidia.ts'
import { staged, tensorflowFolder, type StagedTensorflow } from '../engine/tensorflow-library.ts'
import { compileAddon, tensorflowLibraries } from './addon.ts'
import { unpackNpmPackage } from './npm-package.ts'
import { prove } from './prove.ts'
import { downloadTensorflow, tensorflowAt, type TensorflowSource } from './tensorflow-source.ts'

export interface TensorflowWish {
  /** A wheel, a folder of wheels or an unpacked one; pip downloads where it is undefined. */
  readonly from: string | undefined
  /** With CUDA's libraries. */
  readonly gpu: boolean
  readonly say: (line: string) => void
  /** Default: where the engine looks. To be in the checkout, whose tfjs it uses. */
  readonly folder?: string
}

const tfjsNode = {
  name: '@tensorflow/tfjs-node',
  version: '4.22.0', // that of @tensorflow/tfjs
  integrity: 'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
}
/** Node's own C headers for addons: stable over its versions, so those of the Node that runs are not needed. */
const nodeApiHeaders = {
  name: 'node-api-headers',
  version: '1.9.0',
  integrity: 'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
}

const headers = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/c/', 'tsl/platform/', 'xla/tsl/c/', 'xla/tsl/platform/']
const buildFacts = 'tensorflow/python/platform/build_info.py'

/** Sets TensorFlow up and returns the sentence that says what is possible now. Throws UserError where something is missing; then nothing changed. */
export async function setUpTensorflow({ from, gpu, say, folder = tensorflowFolder }: TensorflowWish): Promise<string> {
  if (process.platform !== 'linux')
    throw new UserError(`setup: TensorFlow is set up on Linux alone, this is ${process.platform}; take the onnx engine.`)
  const draft = `${folder}.draft`
  const build = join(draft, 'build')
  rmSync(draft, { recursive: true, force: true })
  makeFolder(build)
  try {
    say(from === undefined ? 'Downloading TensorFlow with pip.' : `Looking into ${from}.`)
    const source = from === undefined ? await downloadTensorflow(build, gpu) : tensorflowAt(from)
    say(`Unpacking TensorFlow ${source.version} from ${source.library.name}.`)
    const cuda = await unpackLibrary(source, draft, gpu)

    say("Building tfjs-node's addon.")
    const scripts = await unpackNpmPackage(tfjsNode, build, from)
    const nodeHeaders = join(await unpackNpmPackage(nodeApiHeaders, build, from), 'include')
    await compileAddon(join(draft, staged.addon), {
      tfjsNode: scripts,
      nodeHeaders,
      tensorflowHeaders: join(draft, 'tensorflow/include'),
      libraries: join(draft, staged.library),
      librariesFromAddon: staged.library,
    })
    keepScripts(scripts, join(draft, staged.scripts))
    for (const done of [build, join(draft, 'tensorflow/include'), join(draft, 'tensorflow/python')])
      rmSync(done, { recursive: true })
    const facts: StagedTensorflow = { version: source.version, cuda, platform: `${process.platform}-${process.arch}` }
    writeFileSync(join(draft, staged.facts), `${JSON.stringify(facts, null, 2)}\n`)

    say('Proving it: a matrix product and a gradient.')
    const possible = await provedSentence(draft, facts)
    rmSync(folder, { recursive: true, force: true })
    renameSync(draft, folder)
    return possible
  } catch (error) {
    throw writeFailure(folder, error)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw writeFailure(path, error)
  }
}

/** Copies what is needed of the library; whether it was built for CUDA. */
async function unpackLibrary({ library, cuda }: TensorflowSource, folder: string, gpu: boolean): Promise<boolean> {
  const paths = [...tensorflowLibraries.map((name) => `${staged.library}/${name}`), buildFacts]
  const missing = paths.find((path) => library.below(path).length === 0)
  if (missing !== undefined)
    throw new UserError(`${library.name}: it has no \`${missing}\`; a Linux wheel of TensorFlow 2 is needed.`)
  for (const path of paths) await library.copy(path, join(folder, path))
  requireMachine(join(folder, staged.library, tensorflowLibraries[0]), library.name)
  const forCuda = readFileSync(join(folder, buildFacts), 'utf8').includes("'is_cuda_build', True")
  if (gpu && !forCuda)
    throw new UserError(
      `${library.name}: it computes on processors alone; a wheel of \`tensorflow\` (not tensorflow-cpu) is needed with --gpu.`,
    )
  for (const below of headers)
    for (const path of library.below(`tensorflow/include/${below}`))
      if (path.endsWith('.h')) await library.copy(path, join(folder, path))
  if (gpu)
    for (const each of cuda)
      for (const path of each.below(`${staged.cuda}/`))
        if (/\/lib\/[^/]+\.so[.\d]*$/.test(path)) await each.copy(path, join(folder, path))
  return forCuda
}

const machines: Readonly<Record<string, number>> = { x64: 62, arm64: 183 }

/** The processor is in byte 18 of an ELF file (System V ABI, chapter 4). */
function requireMachine(path: string, name: string): void {
  const header = Buffer.alloc(20)
  const file = openSync(path, 'r')
  readSync(file, header, 0, 20, 0)
  closeSync(file)
  if (header.readUInt32BE(0) === 0x7f454c46 && header.readUInt16LE(18) === machines[process.arch]) return
  throw new UserError(`${name}: its library is not for this processor; a wheel for Linux on ${process.arch} is needed.`)
}

/** The scripts of tfjs-node that its backend consists of. The rest of the package has dependencies of its own and is not needed. */
function keepScripts(tfjsNodePackage: string, folder: string): void {
  const wanted = /^(nodejs_kernel_backend|int64_tensors|register_all_kernels)\.js$|^kernels(\/\w+\.js)?$/
  const dist = join(tfjsNodePackage, 'dist')
  cpSync(dist, folder, { recursive: true, filter: (path) => path === dist || wanted.test(path.slice(dist.length + 1)) })
  const { name, version } = tfjsNode
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, license: 'Apache-2.0', type: 'commonjs' }))
  mkdirSync(join(folder, 'proto'))
  writeFileSync(join(folder, 'proto/api_pb.js'), '// Only needed to read SavedModels.\nmodule.exports = {}\n')
}

/** Proves the library in `folder` on the processor and, where there is one, on a GPU. Throws UserError where it does not compute. */
async function provedSentence(folder: string, { version, cuda }: StagedTensorflow): Promise<string> {
  const gpus = cuda ? await visibleGpus() : []
  for (const device of ['cpu', ...gpus.slice(0, 1).map(() => 'cuda:0')]) {
    const { failure } = await prove('tensorflow', device, folder)
    if (failure !== undefined)
      throw new UserError(
        `TensorFlow ${version}: it was built but does not compute on ${device}, ${failure}; nothing was set up.`,
      )
  }
  const start = `TensorFlow ${version} is set up: \`engine.name: tensorflow\` computes on`
  if (gpus.length > 0) return `${start} ${gpus[0]!.name} (\`engine.device: cuda:0\`, or auto) and on the processor.`
  return `${start} this processor${cuda ? '; no NVIDIA GPU answers here, so none was tried' : ''}.`
}
