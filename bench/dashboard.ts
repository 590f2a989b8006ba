// How soon the dashboard shows something, and how long a key takes with many runs. There is nothing to compare it with.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSource } from '../dashboards/data/source.ts'
import { firstModel, type Model } from '../dashboards/model.ts'
import { screen } from '../dashboards/screen.ts'
import { update, type Message } from '../dashboards/update.ts'
import { fromRoot } from '../src/base/files.ts'
import type { Part } from './part.ts'
import { quantile, type Row } from './rows.ts'
import { writeSyntheticRuns } from './synthetic-runs.ts'

const size = { columns: 160, rows: 50 }

export const dashboard: Part = {
  name: 'dashboard',
  about: 'the dashboard with many runs, without Ink but for its start',
  async measure({ quick, report }) {
    const folder = mkdtempSync(join(tmpdir(), 'captune-bench-'))
    try {
      const rows: Row[] = []
      for (const runs of quick ? [1000] : [1000, 10_000]) {
        report(`writing ${runs} runs`)
        const database = join(folder, `${runs}.db`)
        writeSyntheticRuns(database, { runs, seed: 1 })
        report(`reading ${runs} runs`)
        rows.push(...readingTimes(database, runs, quick ? 3 : 7), ...keyTimes(opened(database), runs, quick ? 20 : 50))
      }
      report('starting node and Ink')
      rows.push(rowOf('process start: node and Ink', startTimes(quick ? 2 : 5)))
      return await Promise.resolve(rows)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** From a closed database to the first screen with runs, and until all are read. */
function readingTimes(database: string, runs: number, repetitions: number): Row[] {
  const first: number[] = []
  const all: number[] = []
  for (let i = 0; i < repetitions; i++) {
    const began = performance.now()
    const reading = read(database)
    reading.next()
    screen(reading.model())
    first.push(performance.now() - began)
    while (reading.next());
    screen(reading.model())
    all.push(performance.now() - began)
    reading.close()
  }
  return [rowOf(`first frame, ${runs} runs`, first), rowOf(`all ${runs} runs read and drawn`, all)]
}

function read(database: string) {
  let model = firstModel({ now: Date.now(), size, database, study: undefined, colours: 'none' })
  const source = openSource({ database, tell: (message) => (model = update(model, message).model) })
  return { model: () => model, next: () => source.poll(), close: () => source.close() }
}

function opened(database: string): Model {
  const reading = read(database)
  while (reading.next());
  reading.close()
  return reading.model()
}

/** A key and the screen after it. */
function keyTimes(model: Model, runs: number, repetitions: number): Row[] {
  const press = (from: Model, key: string) => update(from, { tell: 'key', key } satisfies Message).model
  const table = ['2', 'right', 'right', 'right'].reduce(press, model)
  const filtering = ['/', ...Array.from('peft:lora cider>0.', (key) => (key === ' ' ? 'space' : key))].reduce(press, table)
  const works = [
    ['sort', table, ']'],
    ['filter', filtering, '9'],
    ['group seeds', table, 'S'],
    ['move the cursor', table, 'j'],
  ] as const
  return works.map(([what, before, key]) => {
    const times = Array.from({ length: repetitions }, () => {
      screen(before)
      const began = performance.now()
      screen(press(before, key))
      return performance.now() - began
    })
    return rowOf(`${what}, ${runs} runs`, times)
  })
}

function startTimes(repetitions: number): number[] {
  return Array.from({ length: repetitions }, () => {
    const began = performance.now()
    spawnSync(process.execPath, ['--input-type=module', '-e', "await import('ink')"], { cwd: fromRoot('.') })
    return performance.now() - began
  })
}

function rowOf(what: string, times: readonly number[]): Row {
  return {
    ...{ part: dashboard.name, what, who: 'captune', repetitions: times.length },
    ...{ median_ms: quantile(times, 0.5), fastest_ms: Math.min(...times), p99_ms: quantile(times, 0.99) },
  }
}
