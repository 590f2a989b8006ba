// tfjs-node's addon, compiled against the TensorFlow that is to be used: two source files, TensorFlow's C headers and Node-API's.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { runTool } from './tool.ts'

export interface AddonParts {
  /** tfjs-node's package, unpacked. */
  readonly tfjsNode: string
  /** The folder with `node_api.h`. */
  readonly nodeHeaders: string
  /** The folder with `tensorflow/c/c_api.h`. */
  readonly tensorflowHeaders: string
  /** Where the libraries are, and, relative to the addon, will be. */
  readonly libraries: string
  readonly librariesFromAddon: string
}

/** The libraries to link; one needs the other. */
export const tensorflowLibraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const

/** Compiles the addon to `target`. Throws UserError where no compiler answers or what it compiles does not fit. */
export async function compileAddon(target: string, parts: AddonParts): Promise<void> {
  const compiler = await compilerHere()
  const sources = readdirSync(join(parts.tfjsNode, 'binding')).filter((name) => name.endsWith('.cc'))
  const { failure } = await runTool(compiler, [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
    ...[`-I${parts.nodeHeaders}`, `-I${parts.tensorflowHeaders}`],
    ...sources.map((name) => join(parts.tfjsNode, 'binding', name)),
    ...[`-L${parts.libraries}`, ...tensorflowLibraries.map((name) => `-l:${name}`)],
    ...[`-Wl,-rpath,$ORIGIN/${parts.librariesFromAddon}`, '-o', target],
  ])
  if (failure !== undefined)
    throw new UserError(
      `${compiler}: tfjs-node's addon cannot be built against this TensorFlow, ${failure}; another version of TensorFlow is needed.`,
    )
}

/** The first C++ compiler that answers. */
async function compilerHere(): Promise<string> {
  const asked = process.env['CXX']
  const names = asked === undefined ? ['g++', 'clang++', 'c++'] : [asked]
  for (const name of names) if ((await runTool(name, ['--version'])).failure === undefined) return name
  throw new UserError(
    `${names.join(', ')}: no C++ compiler answers; install one (on Debian and Ubuntu: apt install g++) or name it in CXX.`,
  )
}
