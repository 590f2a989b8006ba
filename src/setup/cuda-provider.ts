// `captune setup gpu`: the provider with which onnxruntime-node computes on NVIDIA's GPUs. It is too large for npm; the package's own
// install script fetches it from NuGet. A copy is kept outside of node_modules, so that after `npm ci` it is put back without a network.
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { visibleGpus } from '../engine/nvidia.ts'
import { cudaProviderFiles, hasCudaProvider, nativeFolder, onnxFolder, onnxVersion } from '../engine/onnx-provider.ts'
import { openArchive, openFolder, type FileTree } from './file-tree.ts'
import { prove } from './prove.ts'
import { runTool } from './tool.ts'

export interface CudaProviderWish {
  /** The NuGet package, or a folder with the files; undefined: what was kept, else the network. */
  readonly from: string | undefined
  readonly say: (line: string) => void
  /** Default: where onnxruntime looks, and where copies are kept. */
  readonly folder?: string
  readonly kept?: string
}

const nugetPackage = `microsoft.ml.onnxruntime.gpu.linux.${onnxVersion}.nupkg`
const inPackage = 'runtimes/linux-x64/native/'

/** Puts the provider in place and returns the sentence that says what is possible now. Throws UserError where something is missing. */
export async function setUpCudaProvider(wish: CudaProviderWish): Promise<string> {
  const { from, say, folder = nativeFolder, kept = fromRoot(`native/onnxruntime-cuda/${onnxVersion}`) } = wish
  const machine = `${process.platform}-${process.arch}`
  if (machine !== 'linux-x64')
    throw new UserError(`setup: onnxruntime-node has CUDA for Linux on x64 alone, this is ${machine}; take webgpu.`)
  if (from !== undefined) await take(filesAt(from), kept)
  if (!cudaProviderFiles.every((name) => existsSync(join(kept, name)))) await fetchProvider(kept, say)
  await take(openFolder(kept), folder)
  return provedSentence(say)
}

/** The provider's files by name alone. Throws UserError where `path` has them not. */
function filesAt(path: string): FileTree {
  const what = `${nugetPackage} or a folder with ${cudaProviderFiles.join(' and ')}`
  if (!existsSync(path)) throw new UserError(`${path}: there is no such file or folder; ${what} is needed.`)
  const folder = statSync(path).isDirectory()
  const tree = folder ? openFolder(path) : openArchive(path)
  const prefix = folder ? '' : inPackage
  const missing = cudaProviderFiles.find((name) => tree.below(prefix + name).length === 0)
  if (missing !== undefined) throw new UserError(`${path}: it has no \`${prefix}${missing}\`; ${what} is needed.`)
  return { ...tree, copy: (name, target) => tree.copy(prefix + name, target) }
}

async function take(files: FileTree, folder: string): Promise<void> {
  for (const name of cudaProviderFiles) {
    rmSync(join(folder, name), { force: true }) // never into a file that a process has mapped
    await files.copy(name, join(folder, name))
  }
}

/** By onnxruntime-node's own script, which knows the address; it writes into the package. */
async function fetchProvider(kept: string, say: (line: string) => void): Promise<void> {
  say(`Fetching ${nugetPackage} from NuGet.`)
  const { failure } = await runTool(process.execPath, [join(onnxFolder, 'script/install.js')], {
    ONNXRUNTIME_NODE_INSTALL: 'true',
  })
  if (failure !== undefined || !hasCudaProvider())
    throw new UserError(
      `onnxruntime-node: its CUDA provider cannot be fetched (${failure ?? 'nothing came'}); https://api.nuget.org is needed, or ${nugetPackage} with --from.`,
    )
  await take(openFolder(nativeFolder), kept)
}

async function provedSentence(say: (line: string) => void): Promise<string> {
  const place = `The CUDA provider of onnxruntime ${onnxVersion} is in place`
  const [gpu] = await visibleGpus()
  if (gpu === undefined) return `${place}; no NVIDIA GPU answers here, so it was not tried.`
  say('Proving it: a matrix product and a gradient.')
  const { failure } = await prove('onnx', 'cuda:0')
  if (failure !== undefined)
    throw new UserError(`onnxruntime ${onnxVersion}: its CUDA provider does not compute on ${gpu.name}, ${failure}.`)
  return `${place}: \`engine.name: onnx\` computes on ${gpu.name} (\`engine.device: cuda:0\`, or auto).`
}
