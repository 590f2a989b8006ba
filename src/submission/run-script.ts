// One of the three scripts as a child process, started as a grader starts it: from elsewhere, by bash, within its limit.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { minutesGranted, type Script } from './grading-limits.ts'

export interface ScriptRun {
  /** null where it was stopped at its limit, or by a signal. */
  readonly code: number | null
  /** The last line of its stderr. */
  readonly told: string
  readonly seconds: number
}

export interface ScriptPlace {
  /** The working directory. */
  readonly cwd: string
  /** The whole environment; by default this process's own. */
  readonly env?: NodeJS.ProcessEnv
}

/** Runs `bash <root>/<script> ...args` to its end or to the grader's limit. */
export function runScript(
  root: string,
  script: Script,
  args: readonly string[],
  { cwd, env = process.env }: ScriptPlace,
): Promise<ScriptRun> {
  const began = performance.now()
  const child = spawn('bash', [join(root, script), ...args], {
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: minutesGranted[script] * 60_000,
    killSignal: 'SIGKILL', // the scripts become their program by `exec`, so that nothing is left behind
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((done, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      done({ code, told: stderr.trim().split('\n').at(-1) ?? '', seconds: (performance.now() - began) / 1000 }),
    )
  })
}
