// Who a process is, so that a dead one is told from a later one with the same number: host, process id and the time it started.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** When it started, as text to be compared only; unique on its host together with the pid, across reboots too. */
  readonly start: string
}

let own: ProcessIdentity | undefined

/** This process (a worker thread belongs to its process). */
export function thisProcess(): ProcessIdentity {
  own ??= { host: hostname(), pid: process.pid, start: startOf(process.pid) ?? 'unknown' }
  return own
}

/** When process `pid` of this host started; undefined where it is gone (one that ended but was not yet waited for is gone). */
export function startOf(pid: number): string | undefined {
  return process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid)
}

function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before it may hold anything; fields[0] is the 3rd
    const [state, ticks] = [fields[0], fields[19]]
    return state === 'Z' || state === 'X' || ticks === undefined ? undefined : `${ticks}@${bootId()}`
  } catch {
    return undefined
  }
}

let boot: string | undefined

function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)
  return boot
}

function startElsewhere(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const text = stdout.trim()
  return text === '' ? undefined : text
}
