// One run as a process of its own: its output goes to log.txt, its progress comes over a channel, and whatever way it ends is told.
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import type { Progress, Report } from '../base/progress.ts'

export interface ChildCommand {
  readonly node: string
  readonly arguments: readonly string[]
  /** The run's folder; made where it is missing. Output is appended to its log.txt. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly report: Report
}

export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last line it wrote to its log that says something, '' where there is none. */
  readonly lastLine: string
}

export interface Child {
  readonly pid: number | undefined
  readonly ended: Promise<ChildEnd>
  /** Asks it to save and stop. */
  stop(): void
  /** Ends it at once. */
  kill(): void
}

/** Starts a process of its own group, so that Ctrl-C on the terminal reaches it once, through `stop`. */
export function startChild(command: ChildCommand): Child {
  const log = join(command.folder, 'log.txt')
  const { file, size } = openLog(command.folder, log)
  const child = spawn(command.node, command.arguments, {
    stdio: ['ignore', file, file, 'ipc'],
    env: { ...process.env, ...command.environment },
    detached: true,
  })
  closeSync(file)
  child.on('message', (message) => {
    if (isProgress(message)) command.report(message.progress)
  })
  const signal = (name: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(name)
  }
  return {
    pid: child.pid,
    ended: endOf(child, () => lastLineOf(log, size)),
    stop: () => signal('SIGTERM'),
    kill: () => signal('SIGKILL'),
  }
}

function openLog(folder: string, path: string): { file: number; size: number } {
  try {
    mkdirSync(folder, { recursive: true })
    const file = openSync(path, 'a')
    return { file, size: fstatSync(file).size }
  } catch (error) {
    throw writeFailure(path, error)
  }
}

function endOf(child: ChildProcess, lastLine: () => string): Promise<ChildEnd> {
  return new Promise((resolve) => {
    const closed = (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal, lastLine: lastLine() })
    child.once('close', closed)
    child.on('error', (error) => {
      if (child.pid !== undefined) return // a message that could not be sent
      child.off('close', closed)
      resolve({ code: null, signal: null, lastLine: messageOf(error) })
    })
  })
}

const tail = 1 << 16 // bytes of the log that are searched for its last line

/** The last line that says something: not a stack's frames and what Node prints around them. */
function lastLineOf(path: string, from: number): string {
  const lines = tailOf(path, from).split('\n')
  return lines.findLast((line) => line !== '' && !/^(\s|[{}]|Node\.js v)| at:$/.test(line))?.trim() ?? ''
}

function tailOf(path: string, from: number): string {
  try {
    const file = openSync(path, 'r')
    const { size } = fstatSync(file)
    const start = Math.max(from, size - tail)
    const bytes = Buffer.alloc(Math.max(0, size - start))
    readSync(file, bytes, 0, bytes.length, start)
    closeSync(file)
    return bytes.toString('utf8')
  } catch {
    return '' // somebody removed the folder; the end is told without it
  }
}

export interface ProgressMessage {
  readonly progress: Progress
}

function isProgress(message: unknown): message is ProgressMessage {
  return typeof message === 'object' && message !== null && 'progress' in message
}
