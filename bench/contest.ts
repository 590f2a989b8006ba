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

/** Everybody starts at once and works in turns; who fails is out, the others go on. */
export async function contest(entrants: readonly Entrant[], { rounds, repetitions }: Rounds): Promise<(Outcome | Failure)[]> {
  const contestants = entrants.map(start)
  try {
    await Promise.all(contestants.map((contestant) => contestant.ready()))
    for (let round = 0; round < rounds; round++) for (const contestant of contestants) await contestant.turn(repetitions)
    return await Promise.all(contestants.map((contestant) => contestant.end()))
  } finally {
    for (const { child } of contestants) child.kill()
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

function start({ who, command, arguments: given }: Entrant) {
  const child = spawn(command, given, { stdio: ['pipe', 'pipe', 'pipe'] })
  const answer = answersOf(child)
  const seconds: number[] = []
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
    child,
    ready: () =>
      unlessOut(async () => {
        facts = (await answer<{ ready: Record<string, unknown> }>()).ready
      }),
    turn: (repetitions: number) =>
      unlessOut(async () => {
        child.stdin.write(`${repetitions}\n`)
        seconds.push(...(await answer<{ seconds: number[] }>()).seconds)
      }),
    async end(): Promise<Outcome | Failure> {
      let peakBytes = 0
      await unlessOut(async () => {
        child.stdin.end()
        peakBytes = (await answer<{ peak_bytes: number }>()).peak_bytes
      })
      return failure === undefined ? { who, seconds, peakBytes, facts } : { who, failure }
    },
  }
}

/** The next line of JSON from a child; throws the last thing it complained about where it ended instead. */
function answersOf(child: Child): <T>() => Promise<T> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-4000)))
  child.stdin.on('error', () => undefined) // a child that is gone; its answer will be missing
  const gone = new Promise<never>((_, reject) => child.once('error', reject)) // a program that is not there
  gone.catch(() => undefined)

  return async <T>(): Promise<T> => {
    for (;;) {
      const line = await Promise.race([lines.next(), gone])
      if (line.done === true)
        throw new Error(lastOf(complaints) ?? `it ended without an answer (${child.signalCode ?? child.exitCode ?? '?'})`)
      if (line.value.startsWith('{')) return JSON.parse(line.value) as T
    }
  }
}

function lastOf(complaints: string): string | undefined {
  return complaints.split('\n').findLast((line) => /error/i.test(line)) ?? complaints.trim().split('\n').at(-1)
}
