// How a run is recorded. Logging returns in about a microsecond; a thread puts it on disk within 250 ms, so that no more than that is
// lost even to `kill -9`, and keeps the run's state truthful by its heartbeat.
import { UserError } from '../base/errors.ts'
import { startWorker } from '../base/worker-thread.ts'
import {
  flattenConfig,
  type Artifact,
  type Entry,
  type FinalState,
  type LogLevel,
  type ReferenceImage,
  type RunIdentity,
  type Sample,
} from './entries.ts'
import { metricRing } from './metric-ring.ts'
import type { FromWriter, ToWriter, WriterJob } from './writer-worker.ts'

export interface WriterOptions {
  /** Path of runs.db; made where it is missing. */
  readonly database: string
  /** The run's folder, for its journal; made where it is missing. */
  readonly folder: string
  readonly run: RunIdentity
  /** The last step that is kept of what earlier processes logged; without it the run starts over and shows nothing of them. */
  readonly resumeFrom?: number | undefined
  /** Called once, when the disk or the database refuses what was logged; `flush` and `finish` then throw the same error. */
  readonly onError?: ((error: Error) => void) | undefined
}

export interface RunWriter {
  /** Logs a number at an optimizer step. NaN and infinities are kept. */
  metric(name: string, step: number, value: number): void
  /** Several at the same step. */
  metrics(step: number, values: Readonly<Record<string, number>>): void
  /** The captions of an evaluation; those of the same split, step and image are replaced. */
  samples(split: string, step: number, rows: readonly Sample[]): void
  /** The resolved configuration: a tree, kept flat (`peft.rank`) with types. */
  config(tree: object): void
  /** Facts about machine, code and data (environment.ts collects the common ones). */
  environment(facts: Readonly<Record<string, unknown>>): void
  /** Images and their human captions of a data set, named by its fingerprint. */
  references(data: string, images: readonly ReferenceImage[]): void
  artifact(file: Artifact): void
  log(level: LogLevel, text: string): void
  note(text: string): void
  /** Resolves when everything logged so far is on disk; rejects with UserError where it cannot be put there. */
  flush(): Promise<void>
  /** Writes what is left and the run's final state, and ends the thread. Nothing may be logged afterwards. */
  finish(state: FinalState, reason?: string): Promise<void>
  /** True once somebody (the dashboard) asked this run to stop; read again every 2 s. */
  stopRequested(): boolean
}

const exitPatience = 10_000 // ms that a process may take to put the last points on disk when it ends

/** Claims the run and starts its writer. Throws UserError where a living process has the run or the database cannot be written. */
export async function openRunWriter(options: WriterOptions): Promise<RunWriter> {
  const ring = metricRing()
  const thread = startThread({ ...options, resumeFrom: options.resumeFrom, ring: ring.buffer })
  await thread.ready
  const ids = new Map<string, number>()
  let finished = false

  const flushAtExit = () => ring.waitFor(ring.ask(), exitPatience)
  process.on('exit', flushAtExit)

  function send(message: ToWriter): void {
    if (finished) throw new Error(`run ${options.run.id} is finished and takes no more entries`)
    thread.post(message)
  }

  function metric(name: string, step: number, value: number): void {
    if (!Number.isSafeInteger(step) || finished) refuse(name, step)
    let id = ids.get(name)
    if (id === undefined) {
      id = ids.size
      ids.set(name, id)
      send({ metric: name, id })
    }
    ring.push(id, step, value, Date.now())
  }

  function refuse(name: string, step: number): never {
    throw new Error(
      finished ? `run ${options.run.id} is finished and takes no more entries` : `step ${step} of ${name} is not an integer`,
    )
  }

  const record = (...entries: Entry[]) => send({ entries })

  async function finish(state: FinalState, reason?: string): Promise<void> {
    record({ entry: 'end', state, reason: reason ?? null, at: Date.now() })
    finished = true
    ring.ask() // wakes the thread, which may have seen the end already and be gone
    try {
      await thread.ended()
    } finally {
      process.off('exit', flushAtExit)
    }
  }

  return {
    metric,
    metrics: (step, values) => {
      for (const [name, value] of Object.entries(values)) metric(name, step, value)
    },
    samples: (split, step, rows) => record({ entry: 'samples', split, step, rows }),
    config: (tree) => record({ entry: 'config', values: flattenConfig(tree) }),
    environment: (values) => record({ entry: 'environment', values }),
    references: (data, images) => record({ entry: 'references', data, images }),
    artifact: ({ path, bytes, sha256 }) => record({ entry: 'artifact', path, bytes, sha256 }),
    log: (level, text) => record({ entry: 'log', level, text, at: Date.now() }),
    note: (text) => record({ entry: 'note', text, at: Date.now() }),
    flush: () => thread.flushed(ring.ask()),
    finish,
    stopRequested: () => ring.stopRequested(),
  }
}

interface Thread {
  /** Resolves when the run is claimed. */
  readonly ready: Promise<void>
  /** Resolves when the run's end is written and the thread gone. */
  ended(): Promise<void>
  post(message: ToWriter): void
  flushed(ticket: number): Promise<void>
}

interface Wait {
  readonly ticket: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

function startThread(job: WriterJob & Pick<WriterOptions, 'onError'>): Thread {
  const { onError, ...data } = job
  const worker = startWorker('./writer-worker.ts', import.meta.url, data satisfies WriterJob)
  let waits: Wait[] = []
  let failure: Error | undefined
  let flushedTo = -1
  let ending = false

  /** A thread with nothing to answer must not keep the process alive; one that owes an answer must. */
  function until(ticket: number): Promise<void> {
    if (failure !== undefined) return Promise.reject(failure)
    if (ticket <= flushedTo) return Promise.resolve()
    worker.ref()
    return new Promise((resolve, reject) => waits.push({ ticket, resolve, reject }))
  }

  function settle(): void {
    const due = waits.filter(({ ticket }) => failure !== undefined || ticket <= flushedTo)
    waits = waits.filter((wait) => !due.includes(wait))
    for (const { resolve, reject } of due) {
      if (failure === undefined) resolve()
      else reject(failure)
    }
    if (waits.length === 0 && !ending) worker.unref()
  }

  function fail(error: Error): void {
    if (failure !== undefined) return
    failure = error
    if (flushedTo >= 0) onError?.(error)
    settle()
  }

  worker.on('message', (message: FromWriter) => {
    if ('failed' in message) return fail(errorFrom(message.failed))
    flushedTo = 'ready' in message ? 0 : 'ended' in message ? Infinity : message.flushed
    settle()
  })
  worker.on('error', fail)
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      resolve()
      if (flushedTo < Infinity) fail(new Error('the thread that writes the run ended without an answer'))
    })
  })
  async function ended(): Promise<void> {
    ending = true
    worker.ref()
    await until(Infinity)
    await exited
  }

  return { ready: until(0), ended, post: (message) => worker.postMessage(message), flushed: until }
}

function errorFrom({ message, user, stack }: Extract<FromWriter, { failed: unknown }>['failed']): Error {
  if (user) return new UserError(message)
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}
