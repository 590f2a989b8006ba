// Contestants take turns at the same work, A B C A B C, so that a machine whose speed drifts favours nobody. Each is a process of its
// own, so that its peak memory is its own too. It talks as turns.ts tells; when its standard input ends, it ends.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { messageOf } from '../src/base/errors.ts'

export interface Entrant {
  /** For the table: `captune onnx`, `PyTorch 2.13 bf16`. */
  readonly who: string
  readonly command: string
  readonly arguments: readonly string[]
}

export interface Outcome {
  readonly who: string
  /** Each repetition. */
  readonly seconds: readonly number[]
  /** Processor seconds of each repetition, where it tells them. */
  readonly processor: readonly number[]
  readonly peakBytes: number
  readonly facts: Readonly<Record<string, unknown>>
}

export interface Failure {
  readonly who: string
  readonly failure: string
}

export interface Rounds {
  readonly rounds: number
  /** Of the work, in each turn. */
  readonly repetitions: number
}

/** One starts after the other, since what an engine finds out about the machine as it starts (does int8 pay?) must not be disturbed; then
 *  they work in turns. Who fails is out, the others go on. */
export async function contest(entrants: readonly Entrant[], { rounds, repetitions }: Rounds): Promise<(Outcome | Failure)[]> {
  const contestants: ReturnType<typeof start>[] = []
  try {
    for (const entrant of entrants) {
      const contestant = start(entrant)
      contestants.push(contestant)
      await contestant.ready()
    }
    for (let round = 0; round < rounds; round++) for (const contestant of contestants) await contestant.turn(repetitions)
    return await Promise.all(contestants.map((contestant) => contestant.end()))
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop())) // whoever comes next has all memory again
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

function start({ who, command, arguments: given }: Entrant) {
  const child = spawn(command, given, { stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = closeOf(child)
  const answer = answersOf(child, closed)
  const seconds: number[] = []
  const processor: number[] = []
  let facts: Record<string, unknown> = {}
  let failure: string | undefined

  async function unlessOut(stage: () => Promise<void>): Promise<void> {
    if (failure !== undefined) return
    try {
      await stage()
    } catch (error) {
      failure = messageOf(error)
    }
  }

  return {
    ready: () =>
      unlessOut(async () => {
        facts = (await answer<{ ready: Record<string, unknown> }>()).ready
      }),
    turn: (repetitions: number) =>
      unlessOut(async () => {
        child.stdin.write(`${repetitions}\n`)
        const answered = await answer<{ seconds: number[]; processor?: number[] }>()
        seconds.push(...answered.seconds)
        processor.push(...(answered.processor ?? []))
      }),
    async end(): Promise<Outcome | Failure> {
      let peakBytes = 0
      await unlessOut(async () => {
        child.stdin.end()
        peakBytes = (await answer<{ peak_bytes: number }>()).peak_bytes
      })
      return failure === undefined ? { who, seconds, processor, peakBytes, facts } : { who, failure }
    },
    async stop(): Promise<void> {
      child.kill()
      await closed
    },
  }
}

/** How a child ended, once it has and all that it wrote is read. */
function closeOf(child: Child): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message)) // a program that is not there
    child.once('close', (code, signal) => resolve(`it ended without an answer (${signal ?? `exit code ${code ?? '?'}`})`))
  })
}

/** The next line of JSON from a child; throws why it ended instead, as far as it said. */
function answersOf(child: Child, closed: Promise<string>): <T>() => Promise<T> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-4000)))
  child.stdin.on('error', () => undefined) // a child that is gone; its answer will be missing

  return async <T>(): Promise<T> => {
    for (;;) {
      const line = await lines.next()
      if (line.done === true) {
        const end = await closed // by then all complaints are in
        throw new Error(sentenceOf(complaints) ?? end)
      }
      if (line.value.startsWith('{')) return JSON.parse(line.value) as T
    }
  }
}

/** The line of a program's complaints that says what was wrong. */
function sentenceOf(complaints: string): string | undefined {
  const lines = complaints.split('\n').filter((line) => line.trim() !== '')
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1))?.trim()
}
