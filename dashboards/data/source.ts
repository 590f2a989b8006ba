// The database as a source of messages: polled a few times a second, it tells which attempts are new or different and renews the answers to
// what the views need. It survives a database that is missing, replaced, locked or being migrated, and says so.
import { statSync } from 'node:fs'
import { messageOf, systemCode, UserError } from '../../src/base/errors.ts'
import { openReader, type Reader } from '../../src/tracking/reader.ts'
import type { RunRow } from '../../src/tracking/run-state.ts'
import { perform } from './actions.ts'
import { readAttempts, type Attempt, type AttemptSurroundings } from './attempts.ts'
import { courseMarks } from './course-marks.ts'
import { answerersFor, type Answerer } from './answers.ts'
import { keyOf, type FromSource, type Need, type ToSource } from './messages.ts'
import { progressReader } from './progress.ts'

export interface SourceOptions {
  /** Path of runs.db; it need not exist. */
  readonly database: string
  /** Only runs of this study. */
  readonly study?: string | undefined
  readonly tell: (message: FromSource) => void
}

export interface Source {
  /** Reads what is due: at most one slice of runs, so that nothing waits long for it. True where more is to be read at once. */
  poll(now?: number): boolean
  /** Takes a wish; what it asks for is told by the next `poll`. */
  receive(message: ToSource): void
  close(): void
}

const patience = 50 // ms of answers before new requests are looked at
const slice = 500 // runs read and sent at a time
const again = 10_000 // ms after which runs whose rows look unchanged are read again, for scores and tags that came late

/** A source; nothing is read before the first `poll`. */
export function openSource({ database, study, tell }: SourceOptions): Source {
  const book = runBook()
  const connection = connectionTo(database, book.forgetVersion)
  const answerers = answerersFor(database, book)
  let needs: readonly Need[] = []
  const answered = new Map<string, string>()
  let trouble: string | undefined

  function poll(now = Date.now()): boolean {
    try {
      const reader = connection.reader()
      const more = book.read(reader, study, now, tell)
      const unanswered = answer(reader)
      say(undefined)
      return more || unanswered
    } catch (error) {
      say(troubleOf(error))
      connection.close()
      return false
    }
  }

  function say(sentence: string | undefined): void {
    if (sentence !== trouble) tell({ tell: 'trouble', sentence })
    trouble = sentence
  }

  /** Tells what is new or has changed; true where that took long and some is left, so that new needs get their turn. */
  function answer(reader: Reader): boolean {
    const begin = performance.now()
    for (const need of needs) {
      if (performance.now() - begin > patience) return true
      const key = keyOf(need)
      const { stamp, answer } = answererOf(need)
      const now = stamp(reader, need)
      if (answered.get(key) === now) continue
      answered.set(key, now)
      const found = answer(reader, need)
      if (found instanceof Promise) void found.then((late) => tell({ tell: 'answer', need, answer: late }))
      else tell({ tell: 'answer', need, answer: found })
    }
    return false
  }

  function answererOf<K extends Need['need']>(need: Extract<Need, { need: K }>): Answerer<K> {
    return answerers[need.need]
  }

  function receive(message: ToSource): void {
    if ('needs' in message) {
      const keys = new Set(message.needs.map(keyOf))
      for (const key of answered.keys()) if (!keys.has(key)) answered.delete(key)
      needs = message.needs
    } else if ('action' in message) {
      tell(perform(database, message.action))
      book.forget('runs' in message.action ? message.action.runs : [message.action.run])
    } else {
      book.forgetVersion()
      answered.clear()
    }
  }

  return { poll, receive, close: connection.close }
}

/** The sentence for what will pass; a fault of the program is thrown again. */
function troubleOf(error: unknown): string {
  if (error instanceof UserError) return messageOf(error)
  if (systemCode(error)?.startsWith('SQLITE') === true)
    return `The database cannot be read just now (${messageOf(error)}); it is tried again.`
  throw error
}

interface Connection {
  /** To the file that stands there now. Throws UserError where it is gone or cannot be read. */
  readonly reader: () => Reader
  readonly close: () => void
}

/** Stays open while its file stands; another file may take its place, which `renewed` is told of. */
function connectionTo(path: string, renewed: () => void): Connection {
  let reader: Reader | undefined
  let file: string | undefined // the one that was read last

  function close(): void {
    reader?.close()
    reader = undefined
  }

  function current(): Reader {
    const found = fileAt(path)
    if (found === undefined && file !== undefined)
      throw new UserError(`${path}: the database is gone; what was read before is shown.`)
    if (reader !== undefined && found === file) return reader
    close()
    renewed()
    reader = openReader(path)
    file = found
    return reader
  }

  return { reader: current, close }
}

/** Tells a file from one that takes its place later. */
function fileAt(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.ino} ${found.birthtimeMs}`
}

interface RunBook {
  /** Reads and tells the runs that are due; true where more are waiting. */
  read(reader: Reader, study: string | undefined, now: number, tell: (message: FromSource) => void): boolean
  /** Different when one of these runs has other scores. */
  scoresOf(runs: readonly string[]): string
  /** Different when the run was read again. */
  readingsOf(run: string): string
  /** These runs are due, whatever their rows say. */
  forget(runs: readonly string[]): void
  forgetVersion(): void
}

interface Told {
  /** What the row said, apart from heartbeats. */
  readonly row: string
  readonly scores: string
  readonly at: number
}

/** What was told of each run, and which are to be told anew. */
function runBook(): RunBook {
  const told = new Map<string, Told>()
  const [progressOf, marksOf] = [progressReader(), courseMarks()]
  let version: number | undefined
  let [looked, swept, sweptVersion] = [-Infinity, -Infinity, -1]
  let due: RunRow[] = []

  /** Finds out what is due; returns the runs that are there no more. */
  function look(reader: Reader, study: string | undefined, now: number): string[] {
    const rows = reader.runs({ study })
    const ids = new Set(rows.map(({ id }) => id))
    const gone = [...told.keys()].filter((id) => !ids.has(id))
    for (const id of gone) told.delete(id)
    const sweeps = now - swept > Math.max(again, 5 * rows.length) && version !== sweptVersion
    if (sweeps) [swept, sweptVersion] = [now, version ?? -1]
    due = rows.filter((row) => sweeps || row.state === 'running' || told.get(row.id)?.row !== textOf(row))
    looked = now
    return gone
  }

  function read(reader: Reader, study: string | undefined, now: number, tell: (message: FromSource) => void): boolean {
    const found = reader.version()
    const first = version === undefined
    const changed = found !== version
    version = found
    const gone = changed || (due.length === 0 && now - looked > again / 5) ? look(reader, study, now) : []
    const batch = due.slice(0, slice)
    due = due.slice(slice)
    if (batch.length === 0 && gone.length === 0 && !first) return false
    const around: AttemptSurroundings = { now, marksOf, progressOf: (run, facts) => progressOf(reader, run, facts, now) }
    const attempts = readAttempts(reader, batch, around)
    for (const attempt of attempts) told.set(attempt.run.id, { row: textOf(attempt.run), scores: scoresText(attempt), at: now })
    tell({ tell: 'attempts', changed: attempts, gone, waiting: due.length })
    return due.length > 0
  }

  return {
    read,
    scoresOf: (runs) => runs.map((run) => told.get(run)?.scores ?? '').join(' '),
    readingsOf: (run) => String(told.get(run)?.at ?? ''),
    forget: (runs) => runs.forEach((run) => told.has(run) && told.set(run, { ...told.get(run)!, row: '' })),
    forgetVersion: () => (version = undefined),
  }
}

function textOf(row: RunRow): string {
  return JSON.stringify({ ...row, heartbeat: 0 })
}

function scoresText({ run, cider, clipscore }: Attempt): string {
  return `${run.state}/${cider}/${clipscore}`
}
