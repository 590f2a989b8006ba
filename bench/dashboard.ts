// How soon the dashboard shows something, and how long a key takes with many runs. There is nothing to compare it with.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openSource } from '../dashboards/data/source.ts'
import { firstModel, type Model } from '../dashboards/model.ts'
import { screen } from '../dashboards/screen.ts'
import { update, type Message } from '../dashboards/update.ts'
import { fromRoot } from '../src/base/files.ts'
import { curveTimes } from './dashboard-curves.ts'
import { liveTimes } from './dashboard-live.ts'
import { processTimes } from './dashboard-process.ts'
import type { Part } from './part.ts'
import { ownRow, type Row, type Skipped } from './rows.ts'
import { writeSyntheticRuns } from './synthetic-runs.ts'

const size = { columns: 160, rows: 50 }

const part = 'dashboard'

export const dashboard: Part = {
  name: part,
  about: 'the dashboard with many runs and long curves; rows that begin with "command" are the whole program in a terminal',
  async measure({ quick, report }) {
    const folder = mkdtempSync(join(tmpdir(), 'captune-bench-'))
    try {
      const rows: (Row | Skipped)[] = []
      for (const runs of quick ? [1000] : [1000, 10_000]) {
        report(`writing ${runs} runs`)
        const database = join(folder, String(runs), 'runs.db')
        writeSyntheticRuns(database, { runs, seed: 1 })
        report(`reading ${runs} runs`)
        rows.push(...readingTimes(database, runs, quick ? 3 : 7), ...keyTimes(opened(database), runs, quick ? 20 : 50))
        rows.push(await processTimes(part, dirname(database), runs, quick ? 2 : 5))
      }
      report('starting node and Ink')
      rows.push(ownRow(part, 'process start: node and Ink', startTimes(quick ? 2 : 5)))
      report('drawing curves')
      rows.push(...curveTimes(part, quick ? 10 : 50))
      report('waiting for a live run')
      rows.push(...(await liveTimes(part, folder, quick ? 3 : 20)))
      return rows
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
  return [ownRow(part, `first frame, ${runs} runs`, first), ownRow(part, `all ${runs} runs read and drawn`, all)]
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
    return ownRow(part, `${what}, ${runs} runs`, times)
  })
}

function startTimes(repetitions: number): number[] {
  return Array.from({ length: repetitions }, () => {
    const began = performance.now()
    spawnSync(process.execPath, ['--input-type=module', '-e', "await import('ink')"], { cwd: fromRoot('.') })
    return performance.now() - began
  })
}
