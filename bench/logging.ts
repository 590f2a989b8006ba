// What logging a number costs the training thread, and when another program can read it. There is nothing to compare it with.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openReader } from '../src/tracking/reader.ts'
import { openRunWriter, type RunWriter } from '../src/tracking/writer.ts'
import type { Part } from './part.ts'
import { ownRow } from './rows.ts'

const run = { id: 'bench-log-s1-00000000', study: 'bench', attempt: 'log', kind: 'bench', seed: 1, config_hash: '0' }

export const logging: Part = {
  name: 'log',
  about: 'the latency of logging a number',
  async measure({ quick, report }) {
    report('logging')
    const folder = mkdtempSync(join(tmpdir(), 'captune-bench-'))
    try {
      const database = join(folder, 'runs.db')
      const writer = await openRunWriter({ database, folder: join(folder, run.id), run })
      const calls = await callTimes(writer, quick ? 10 : 50)
      const durable = await durableTimes(writer, quick ? 10 : 50)
      const readable = await readableTimes(writer, database, quick ? 10 : 50)
      await writer.finish('finished')
      return [
        ownRow(logging.name, 'one call', calls),
        ownRow(logging.name, 'until it is on disk, asked for (flush)', durable),
        ownRow(logging.name, 'until another program reads it, not asked for', readable),
      ]
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** Bursts of 1000 calls with a rest between them, as steps of a training would make them. */
async function callTimes(writer: RunWriter, bursts: number): Promise<number[]> {
  const times: number[] = []
  for (let burst = 0; burst < bursts; burst++) {
    for (let i = 0; i < 1000; i++) {
      const began = performance.now()
      writer.metric('train/loss', burst * 1000 + i, 1 / (i + 1))
      times.push(performance.now() - began)
    }
    await pause(20)
  }
  return times.slice(1000) // the first burst is not compiled yet
}

async function durableTimes(writer: RunWriter, points: number): Promise<number[]> {
  const times: number[] = []
  for (let step = 0; step < points; step++) {
    const began = performance.now()
    writer.metric('flushed', step, step)
    await writer.flush()
    times.push(performance.now() - began)
  }
  return times
}

async function readableTimes(writer: RunWriter, database: string, points: number): Promise<number[]> {
  const reader = openReader(database)
  const times: number[] = []
  for (let step = 0; step < points; step++) {
    const began = performance.now()
    writer.metric('read', step, step)
    while (reader.series(run.id, 'read').steps.length <= step) await pause(1)
    times.push(performance.now() - began)
    await pause((step * 37) % 100) // another moment of the writer's own rhythm each time
  }
  reader.close()
  return times
}
