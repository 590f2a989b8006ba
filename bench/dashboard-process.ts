// The whole program as a user starts it, in a terminal that util-linux's `script` makes: until its runs are on the screen, and its memory.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fromRoot } from '../src/base/files.ts'
import { thousands } from '../src/tables/format.ts'
import { ownRow, type Row, type Skipped } from './rows.ts'

/** The database with so many runs is in `folder`. */
export async function processTimes(part: string, folder: string, runs: number, repetitions: number): Promise<Row | Skipped> {
  const what = `command until scores are on the screen, ${runs} runs`
  if (process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0)
    return { part, what, skipped: 'there is no `script` of util-linux here' }
  const [times, peaks]: [number[], number[]] = [[], []]
  for (let i = 0; i < repetitions; i++) {
    const { time, peak } = await started(folder, runs)
    times.push(time)
    peaks.push(peak)
  }
  return { ...ownRow(part, what, times), peak_bytes: Math.max(...peaks) }
}

async function started(folder: string, runs: number): Promise<{ time: number; peak: number }> {
  const began = performance.now()
  const child = spawn('script', ['-qfc', `stty cols 160 rows 50; exec '${fromRoot('captune')}' dashboard`, '/dev/null'], {
    env: { ...process.env, CAPTUNE_RUNS: folder, TERM: 'xterm-256color' },
  })
  const until = outputOf(child)
  await until('CIDEr')
  const time = performance.now() - began
  await until(`${thousands(runs)} runs`)
  const peak = peakOf(child.pid!)
  child.stdin.write('q')
  await new Promise((ended) => child.once('close', ended))
  return { time, peak }
}

/** Waits until something has been written, sooner or later. */
function outputOf(child: ChildProcess): (wanted: string) => Promise<void> {
  let text = ''
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
  return async (wanted) => {
    while (!text.includes(wanted)) {
      if (child.exitCode !== null) throw new Error(`the dashboard ended before it showed "${wanted}": ${text}`)
      await pause(1)
    }
  }
}

/** The most bytes that the program below `script` had, from the kernel. */
function peakOf(parent: number): number {
  const isChild = (pid: string) => new RegExp(`^PPid:\\s*${parent}$`, 'm').test(statusOf(pid))
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isChild(name))
  const [, kilobytes = 'NaN'] = /VmHWM:\s*(\d+)/.exec(pid === undefined ? '' : statusOf(pid)) ?? []
  return 1024 * Number(kilobytes)
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
