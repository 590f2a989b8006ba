// One writer to a folder: a lock file that says which process holds it. The lock of a dead process is taken over, told by the
// process's number and the time it started; that of another machine is respected, because it cannot be asked.
import { randomUUID } from 'node:crypto'
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InterruptedError, systemCode, UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import { startOf, thisProcess, type ProcessIdentity } from '../base/process-identity.ts'

interface Holder extends ProcessIdentity {
  /** Tells two locks of one process apart. */
  readonly token: string
}

export interface Patience {
  /** How long to wait for another process that is writing. Default 0. */
  readonly patienceMs?: number
  readonly signal?: AbortSignal | undefined
}

const POLL_MS = 100
// A lock is created and filled in two steps; one that stays unreadable for longer was left by a crash between them.
const UNREADABLE_MS = 10_000

/**
 * Takes the lock, waiting up to `patienceMs` for a living holder. Returns what gives it back. Throws UserError naming the holder,
 * InterruptedError where `signal` ends the wait; `what` is being written: "these features".
 */
export async function takeLock(path: string, what: string, { patienceMs = 0, signal }: Patience = {}): Promise<() => void> {
  const me: Holder = { ...thisProcess(), token: randomUUID() }
  const mine = JSON.stringify(me)
  const deadline = Date.now() + patienceMs
  for (;;) {
    if (create(path, mine)) return () => release(path, mine)
    const found = look(path)
    if (found !== undefined && isStale(path, found)) takeAway(path, found)
    else if (found !== undefined && Date.now() >= deadline) throw held(path, what, found)
    else if (found !== undefined) await pause(path, signal)
  }
}

/** Who holds the lock, in words ("process 12"); undefined where nobody does, or whoever did is dead. */
export function lockHolder(path: string): string | undefined {
  const found = look(path)
  return found === undefined || isStale(path, found) ? undefined : holderText(found)
}

async function pause(path: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(POLL_MS, undefined, signal && { signal })
  } catch (cause) {
    throw new InterruptedError(`${path}: stopped while waiting for another process.`, { cause })
  }
}

function create(path: string, content: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw writeFailure(dirname(path), error)
  }
  let file: number
  try {
    file = openSync(path, 'wx')
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw writeFailure(path, error)
  }
  try {
    writeFileSync(file, content)
    return true
  } catch (error) {
    rmSync(path, { force: true }) // a full disk made the file and refused its content
    throw writeFailure(path, error)
  } finally {
    closeSync(file)
  }
}

function look(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function holderIn(content: string): Holder | undefined {
  try {
    const holder = JSON.parse(content) as Partial<Holder> | null
    return typeof holder?.host === 'string' && typeof holder.pid === 'number' ? (holder as Holder) : undefined
  } catch {
    return undefined
  }
}

function isStale(path: string, content: string): boolean {
  const holder = holderIn(content)
  if (holder === undefined) return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > UNREADABLE_MS
  return holder.host === thisProcess().host && startOf(holder.pid) !== holder.start
}

/** Removes the lock that was looked at, and puts it back should another process have replaced it meanwhile. */
function takeAway(path: string, content: string): void {
  const aside = `${path}.${randomUUID().slice(0, 8)}.tmp`
  try {
    renameSync(path, aside)
    if (look(aside) !== content) linkSync(aside, path)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(systemCode(error) ?? '')) throw writeFailure(path, error)
  } finally {
    rmSync(aside, { force: true })
  }
}

function release(path: string, content: string): void {
  if (look(path) === content) rmSync(path, { force: true })
}

function held(path: string, what: string, content: string): UserError {
  const holder = holderIn(content)
  if (holder === undefined)
    return new UserError(`${path}: another process is about to write ${what}; run the same command again.`)
  const remedy =
    holder.host === thisProcess().host ? 'wait for it to end, or stop it' : 'wait for it, or delete this file if it is dead'
  return new UserError(`${path}: ${holderText(content)} is writing ${what}; ${remedy}.`)
}

function holderText(content: string): string {
  const holder = holderIn(content)
  if (holder === undefined) return 'another process'
  return holder.host === thisProcess().host ? `process ${holder.pid}` : `process ${holder.pid} on ${holder.host}`
}
