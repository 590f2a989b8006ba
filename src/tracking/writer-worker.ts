// The writer's thread: claims the run, then collects what the training thread logs, puts it on disk every 100 ms (journal first, then
// the database, one transaction) and says every 2 s that the process lives. It never waits for the training thread, which may be busy.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { messageOf, UserError } from '../base/errors.ts'
import { abandonRun, beat, claimRun } from './claim.ts'
import { databaseFailure, isBusy, openDatabase, patiently, type Database } from './database.ts'
import type { Entry, RunIdentity } from './entries.ts'
import { openJournal, type Journal } from './journal.ts'
import { metricRing, type MetricRing } from './metric-ring.ts'
import { openStore } from './store.ts'

export interface WriterJob {
  readonly database: string
  readonly folder: string
  readonly run: RunIdentity
  readonly resumeFrom: number | undefined
  readonly ring: SharedArrayBuffer
}

/** To the thread. Metric names are sent once, before the ring first holds their number. */
export type ToWriter = { readonly metric: string; readonly id: number } | { readonly entries: readonly Entry[] }

/** From the thread. */
export type FromWriter =
  | { readonly ready: true }
  | { readonly flushed: number }
  /** Everything is on disk, the run's end too. */
  | { readonly ended: true }
  | { readonly failed: { readonly message: string; readonly user: boolean; readonly stack: string | undefined } }

const pause = 100 // ms between batches
const heartbeatEvery = 2_000 // ms
const busyPatience = 60_000 // ms that other programs may hold the database before the run fails

if (parentPort !== null) serve(parentPort, workerData as WriterJob)

type Port = NonNullable<typeof parentPort>

function serve(port: Port, job: WriterJob): void {
  const ring = metricRing(job.ring)
  const post = (message: FromWriter) => port.postMessage(message)
  try {
    const database = openDatabase(job.database)
    try {
      const journal = openJournal(job.folder)
      const claim = patiently(() => claimRun(database, job.run, job.resumeFrom))
      try {
        journal.append(claim)
        post({ ready: true })
        write({ port, post, job, ring, database, journal })
      } catch (error) {
        giveUp({ database, journal, job }, error)
        throw error
      }
      journal.close()
    } finally {
      database.close()
    }
  } catch (error) {
    const cause = databaseFailure(job.database, error)
    const stack = cause instanceof Error ? cause.stack : undefined
    post({ failed: { message: messageOf(cause), user: cause instanceof UserError, stack } })
  } finally {
    ring.close()
    port.close()
  }
}

/** What can no longer be recorded must not look as if it ran on; where not even that can be written, the process's end will tell. */
function giveUp({ database, journal, job }: Pick<Desk, 'database' | 'journal' | 'job'>, error: unknown): void {
  try {
    journal.append(abandonRun(database, job.run.id, messageOf(databaseFailure(job.database, error))))
  } catch {
    // the disk that refused the points refuses this too
  }
}

interface Desk {
  readonly port: Port
  readonly post: (message: FromWriter) => void
  readonly job: WriterJob
  readonly ring: MetricRing
  readonly database: Database
  readonly journal: Journal
}

/** Writes until the run's end has been written. */
function write({ port, post, job, ring, database, journal }: Desk): void {
  const collect = collector(port, ring)
  const commit = committer(database, job)
  let unwritten: Entry[] = []
  let answered = 0
  for (let ended = false; !ended;) {
    const ticket = ring.rest(pause)
    const fresh = collect()
    if (fresh.length > 0) journal.append(fresh)
    unwritten = unwritten.concat(fresh)
    const ends = unwritten.some(({ entry }) => entry === 'end')
    const { written, stopRequested } = commit(unwritten, ends)
    if (stopRequested) ring.requestStop()
    if (!written) continue
    unwritten = []
    ended = ends
    ring.answer(ticket)
    if (ticket > answered) post({ flushed: ticket })
    answered = ticket
  }
  post({ ended: true })
}

/** Everything that has arrived since the last call. */
function collector(port: Port, ring: MetricRing): () => Entry[] {
  const names: string[] = []
  let entries: Entry[] = []

  function receive(): boolean {
    const received = receiveMessageOnPort(port) as { message: ToWriter } | undefined
    if (received === undefined) return false
    const { message } = received
    if ('entries' in message) entries = entries.concat(message.entries)
    else names[message.id] = message.metric
    return true
  }

  function nameOf(id: number): string {
    while (names[id] === undefined) if (!receive()) throw new Error(`metric ${id} has no name`)
    return names[id]
  }

  return () => {
    const metrics: Entry[] = []
    const takeMetrics = () =>
      ring.take((id, step, value, at) => metrics.push({ entry: 'metric', name: nameOf(id), step, value, at }))
    while (receive());
    takeMetrics() // after the messages: what was logged before the run's end is in the ring by now
    const batch = [...metrics, ...entries]
    entries = []
    return batch
  }
}

interface Commit {
  /** False where another process holds the database: try again with more. */
  readonly written: boolean
  readonly stopRequested: boolean
}

function committer(database: Database, job: WriterJob): (entries: readonly Entry[], ends: boolean) => Commit {
  const store = openStore(database, job.run.id)
  let beaten = Date.now()
  let busySince: number | undefined

  const transaction = database.transaction((entries: readonly Entry[], ends: boolean) => {
    const due = !ends && Date.now() - beaten >= heartbeatEvery
    const heartbeat = due || ends ? beat(database, job.run.id) : undefined
    if (heartbeat?.ours === false)
      throw new UserError(`${job.run.id}: another process has taken this run over; only one can write it.`)
    store.apply(entries)
    if (due) beaten = Date.now()
    return heartbeat?.stopRequested ?? false
  })

  return (entries, ends) => {
    if (entries.length === 0 && Date.now() - beaten < heartbeatEvery) return { written: true, stopRequested: false }
    try {
      const stopRequested = transaction.immediate(entries, ends)
      busySince = undefined
      return { written: true, stopRequested }
    } catch (error) {
      busySince ??= Date.now()
      if (!isBusy(error) || Date.now() - busySince > busyPatience) throw error
      store.forget()
      return { written: false, stopRequested: false }
    }
  }
}
