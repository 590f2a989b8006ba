// A contestant's side of a contest: it warms up, says so, and works when it is asked to. peers/turns.py is the same in Python.
import { createInterface } from 'node:readline'

/** One repetition of what is measured. */
export type Work = () => Promise<unknown>

export interface Prepared {
  readonly work: Work
  /** For whoever reads the measurement. */
  readonly facts: object
  /** Ends what goes on beside the work. */
  readonly close?: () => Promise<void>
}

/** Lines on standard output, one JSON object each: facts when ready, times whenever asked for n repetitions, peak memory at the end. */
export async function takeTurns(work: Work, facts: Readonly<Record<string, unknown>>): Promise<void> {
  await work()
  await work() // the first two grow memory
  say({ ready: facts })
  for await (const line of createInterface({ input: process.stdin })) say(await times(work, Number(line)))
  say({ peak_bytes: process.resourceUsage().maxRSS * 1024 })
}

/** By the clock, and of all processors together: what others do beside lengthens the first and hardly the second. */
async function times(work: Work, repetitions: number): Promise<{ seconds: number[]; processor: number[] }> {
  const [seconds, processor]: [number[], number[]] = [[], []]
  for (let i = 0; i < repetitions; i++) {
    const [began, before] = [performance.now(), process.cpuUsage()]
    await work()
    seconds.push((performance.now() - began) / 1000)
    const { user, system } = process.cpuUsage(before)
    processor.push((user + system) / 1e6)
  }
  return { seconds, processor }
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
