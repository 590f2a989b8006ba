// What a run said: its log lines in the database, and the end of its log.txt, where the trace of a failure is.
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LogLine, Note, Reader } from '../../src/tracking/reader.ts'

export interface RunLog {
  readonly lines: readonly LogLine[]
  /** The last lines that its process printed; of a run that failed they end in the trace. */
  readonly output: readonly string[]
  readonly notes: readonly Note[]
  /** Commit, engine, machine: the facts that are short. */
  readonly facts: readonly (readonly [string, string])[]
}

const tail = 1 << 14 // bytes of log.txt
const shown = ['engine.chosen', 'git.commit', 'machine.host', 'machine.cpu', 'node.version', 'process.arguments']

/** The log of `run`, whose folder lies beside the database. */
export function runLog(reader: Reader, database: string, run: string): RunLog {
  const environment = reader.environment(run)
  return {
    lines: reader.logs(run, 200),
    output: lastLines(join(dirname(database), run, 'log.txt')),
    notes: reader.notes(run),
    facts: shown.flatMap((key) => (environment[key] === undefined ? [] : [[key, environment[key]] as const])),
  }
}

function lastLines(path: string): string[] {
  if (!existsSync(path)) return []
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(tail, size))
    readSync(file, bytes, 0, bytes.length, size - bytes.length)
    const text = bytes.toString('utf8').trimEnd()
    if (text === '') return []
    const lines = text.split(/\r?\n/)
    return size > tail ? lines.slice(1) : lines
  } finally {
    closeSync(file)
  }
}
