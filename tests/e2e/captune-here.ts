// The compiled program inside of the test's own process: for what a process of its own would prove nothing more about, at a tenth of its
// cost. What ends with a signal, belongs to another user or measures itself goes through `captune`.
import { Console } from 'node:console'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fromRoot } from '../../src/base/files.ts'
import type { Ended, Surroundings } from './captune.ts'

interface CompiledProgram {
  readonly runProgram: (args: readonly string[]) => Promise<number>
}

/** Runs the `captune ...args` of the checkout in `root`, by default this one, to its end, its output caught. One call at a time: streams, environment and working directory are the process's. */
export async function captuneHere(
  args: readonly string[],
  { runs, root = fromRoot('.'), cwd = root }: Surroundings & { readonly root?: string },
): Promise<Ended> {
  const { runProgram } = (await import(join(root, 'dist/src/cli/program.js'))) as CompiledProgram
  const output = { stdout: '', stderr: '' }
  const restore = [
    caught('stdout', (text) => (output.stdout += text)),
    caught('stderr', (text) => (output.stderr += text)),
    ownConsole(),
    ownEnvironment(runs, cwd),
    noParent(),
    ownListeners(),
  ]
  try {
    const code = await runProgram(args)
    if (code === 1) throw new Error(`captune ${args.join(' ')}: a fault of the program, ${output.stderr}`)
    return { code, ...output }
  } finally {
    for (const undo of restore.toReversed()) undo()
  }
}

function caught(name: 'stdout' | 'stderr', take: (text: string) => void): () => void {
  const stream = process[name]
  const write = stream.write
  stream.write = (chunk: string | Uint8Array) => {
    take(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
    return true
  }
  return () => (stream.write = write)
}

/** Vitest's console goes past the streams. */
function ownConsole(): () => void {
  const before = globalThis.console
  const through = (name: 'stdout' | 'stderr') =>
    new Writable({
      decodeStrings: false,
      write(chunk: string, _, done) {
        process[name].write(chunk)
        done()
      },
    })
  globalThis.console = new Console(through('stdout'), through('stderr'))
  return () => (globalThis.console = before)
}

function ownEnvironment(runs: string, cwd: string): () => void {
  const before = { runs: process.env['CAPTUNE_RUNS'], cwd: process.cwd() }
  process.env['CAPTUNE_RUNS'] = runs
  process.chdir(cwd)
  return () => {
    process.chdir(before.cwd)
    if (before.runs === undefined) delete process.env['CAPTUNE_RUNS']
    else process.env['CAPTUNE_RUNS'] = before.runs
  }
}

/** A run that has a channel to its parent takes it for a study. */
function noParent(): () => void {
  const { send } = process
  delete process.send
  return () => {
    if (send !== undefined) process.send = send
  }
}

/** A command listens to signals until its process ends. */
function ownListeners(): () => void {
  const names = ['SIGINT', 'SIGTERM'] as const
  const before = new Set(names.flatMap((name) => process.listeners(name)))
  return () => {
    for (const name of names)
      for (const listener of process.listeners(name)) if (!before.has(listener)) process.off(name, listener)
  }
}
