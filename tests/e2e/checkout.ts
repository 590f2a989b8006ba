// A checkout as a grader has it: the committed files that grading needs, and if wished the program as `npm ci` leaves it.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fromRoot } from '../../src/base/files.ts'
import type { Ended } from './captune.ts'

/** What is committed of all that the scripts read. */
const committed = ['hw3_1.sh', 'hw3_2.sh', 'hw3_download.sh', 'package.json', 'configs', 'weights/shapes']

/** Copies the committed files to `folder`. */
export function bareCheckout(folder: string): string {
  for (const path of committed) cpSync(fromRoot(path), join(folder, path), { recursive: true })
  return folder
}

/** The same with the launcher, the compiled program and all packages but those named. */
export function checkout(folder: string, without: readonly string[] = []): string {
  bareCheckout(folder)
  for (const path of ['captune', 'dist/src']) cpSync(fromRoot(path), join(folder, path), { recursive: true })
  if (without.length === 0) {
    symlinkSync(fromRoot('node_modules'), join(folder, 'node_modules'))
    return folder
  }
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(fromRoot('node_modules')))
    if (!without.includes(name)) symlinkSync(fromRoot(join('node_modules', name)), join(folder, 'node_modules', name))
  return folder
}

export interface ScriptSurroundings {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
  /** Told of the process once it runs. */
  readonly started?: (kill: (signal: NodeJS.Signals) => void) => void
}

/** Runs `bash SCRIPT ...args` to its end. */
export function bash(script: string, args: readonly string[], { cwd, env, uid, started }: ScriptSurroundings): Promise<Ended> {
  const user = uid === undefined ? {} : { uid, gid: uid }
  const child = spawn('/bin/bash', [script, ...args], {
    cwd,
    env: env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text))
  started?.((signal) => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output }))
  })
}
