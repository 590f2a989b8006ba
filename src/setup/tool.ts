// Programs of the system that a set-up needs: run to their end, with the one line of their output that tells why they failed.
import { execFile } from 'node:child_process'
import { systemCode } from '../base/errors.ts'

export interface ToolRun {
  readonly stdout: string
  /** Why it failed; undefined where it did its work. */
  readonly failure?: string
  /** There is no such program. */
  readonly missing?: boolean
}

export function runTool(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ToolRun> {
  const options = { env: { ...process.env, ...environment }, maxBuffer: 2 ** 26 }
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout })
      if (systemCode(error) === 'ENOENT') return resolve({ stdout, failure: `there is no program ${command}`, missing: true })
      const ended = error.signal == null ? `exit code ${String(error.code)}` : `ended by ${error.signal}`
      resolve({ stdout, failure: tellingLine(stderr) ?? ended })
    })
  })
}

/** The first line about an error, else the last that says anything. */
function tellingLine(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1))?.trim()
}
