// Where TensorFlow's library is taken from: a wheel, a folder of wheels, an unpacked folder, or what pip downloads.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { openArchive, openFolder, type FileTree } from './file-tree.ts'
import { runTool } from './tool.ts'

/** The version that is downloaded; of others, what `--from` names is taken. */
export const downloadedVersion = '2.21.0'

export interface TensorflowSource {
  /** `2.21.0`, as the name of the wheel or of its description says. */
  readonly version: string
  readonly library: FileTree
  /** Where CUDA's libraries (`nvidia/`) may be. */
  readonly cuda: readonly FileTree[]
}

/** TensorFlow at `path`. Throws UserError where there is none. */
export function tensorflowAt(path: string): TensorflowSource {
  if (!existsSync(path)) throw new UserError(`${path}: there is no such file or folder; a wheel of TensorFlow is needed.`)
  if (!statSync(path).isDirectory()) return fromWheels([path], path)
  if (existsSync(join(path, 'tensorflow'))) {
    const folder = openFolder(path)
    const names = readdirSync(path).map((name) => versionIn(/^\w*tensorflow\w*-([\d.]+\w*)\.dist-info$/, name))
    return { version: names.find((version) => version !== undefined) ?? 'of unknown version', library: folder, cuda: [folder] }
  }
  const wheels = readdirSync(path).filter((name) => name.endsWith('.whl'))
  return fromWheels(
    wheels.map((name) => join(path, name)),
    path,
  )
}

function fromWheels(paths: readonly string[], from: string): TensorflowSource {
  const version = (path: string) =>
    versionIn(/^(?:tensorflow|tensorflow_cpu|intel_tensorflow|tensorflow_rocm)-([^-]+)-.*\.whl$/, basename(path))
  const [path, ...more] = paths.filter((each) => version(each) !== undefined)
  if (path === undefined)
    throw new UserError(
      `${from}: it is no wheel of TensorFlow, nor a folder with one or with \`tensorflow/\`; tensorflow_cpu-${downloadedVersion}-...whl or one like it is needed.`,
    )
  if (more.length > 0)
    throw new UserError(`${from}: it holds ${more.length + 1} wheels of TensorFlow; name the one to take with --from.`)
  const cuda = paths.filter((each) => basename(each).startsWith('nvidia_'))
  return { version: version(path)!, library: openArchive(path), cuda: cuda.map(openArchive) }
}

function versionIn(pattern: RegExp, name: string): string | undefined {
  return pattern.exec(name)?.[1]
}

/** Downloads TensorFlow's wheel into `folder`, with CUDA's libraries for `gpu`. Throws UserError where pip cannot. */
export async function downloadTensorflow(folder: string, gpu: boolean): Promise<TensorflowSource> {
  const python = process.env['CAPTUNE_PYTHON'] ?? 'python3'
  const wanted = gpu
    ? `tensorflow[and-cuda]==${downloadedVersion}`
    : `${process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow'}==${downloadedVersion}`
  const machine = process.arch === 'x64' ? 'x86_64' : 'aarch64'
  const platforms = ['manylinux_2_27', 'manylinux_2_17', 'manylinux2014'].flatMap((each) => ['--platform', `${each}_${machine}`])
  // The library does not depend on Python; asked for by tags, it comes whatever Python is here.
  const tags = ['--only-binary=:all:', '--implementation', 'cp', '--python-version', '3.12', ...platforms]
  const patience = ['--retries', '1', '--timeout', '20', '--disable-pip-version-check', '--quiet']
  const { failure } = await runTool(python, [
    '-m',
    'pip',
    'download',
    wanted,
    ...(gpu ? [] : ['--no-deps']),
    ...tags,
    ...patience,
    '--dest',
    folder,
  ])
  if (failure === undefined) return tensorflowAt(folder)
  throw new UserError(
    `${wanted}: ${python} -m pip cannot download it (${failure}); a wheel brought with --from WHEEL_OR_DIR, a network or another Python (CAPTUNE_PYTHON) is needed.`,
  )
}
