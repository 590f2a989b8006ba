// Long proofs about tracking, for `npm run soak`: 200 kills of writing processes, 4 at a time, after which the journals alone give the same
// database; 8 writers of 10 000 points each while the dashboard reads their curves; what logging a number costs. `npm run soak -- 60` kills
// 60 times.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openSource } from '../../dashboards/data/source.ts'
import { random } from '../../src/base/random.ts'
import { openReader } from '../../src/tracking/reader.ts'
import { rebuildDatabase } from '../../src/tracking/rebuild.ts'
import { openRunWriter } from '../../src/tracking/writer.ts'
import { identity, killLoop, writerProcess } from '../fixtures/tracking/processes.ts'

const kills = Number(process.argv[2] ?? 200)
const folder = mkdtempSync(join(tmpdir(), 'captune-soak-'))
try {
  report(`${kills} kills`, await killing())
  report('8 writers of 10 000 points and the dashboard', await writingTogether())
  report('logging', await logging())
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function killing(): Promise<string[]> {
  const place = join(folder, 'kills')
  const pauses = random(1, 'kills')
  const ids = ['killed-0', 'killed-1', 'killed-2', 'killed-3']
  const share = (i: number) => Math.floor((kills + i) / ids.length)
  const loops = await Promise.all(ids.map((id, i) => killLoop(place, share(i), () => 400 * pauses.uniform(), id)))
  const [lost, states] = [loops.flatMap((loop) => loop.lost), loops.flatMap((loop) => loop.states)]
  const points = loops.reduce((sum, { steps }) => sum + steps, 0)
  console.log(
    `  ${points} points; the oldest lost was ${Math.max(...lost)} ms old; ${lost.filter((age) => age > 250).length} kills lost any older than 250 ms`,
  )
  return [
    ...(loops.every(({ gapless }) => gapless) ? [] : ['points are missing in the middle']),
    ...(Math.max(...lost) <= 250 ? [] : ['points older than 250 ms were lost']),
    ...states.filter((state) => state !== 'crashed').map((state) => `a killed run was seen ${state}`),
    ...rebuilding(place, ids),
  ]
}

function rebuilding(place: string, ids: readonly string[]): string[] {
  const database = join(place, 'runs.db')
  const shown = () => {
    const reader = openReader(database)
    const runs = ids.map((id) => [reader.run(id)?.state, reader.series(id, 'train/loss'), reader.segments(id)] as const)
    reader.close()
    return runs
  }
  const before = shown()
  const { damaged } = rebuildDatabase({ from: place, to: database })
  console.log(
    `  rebuilt from the journals; ${damaged.reduce((sum, { lines }) => sum + lines.length, 0)} half-written lines passed over`,
  )
  const faults = shown().filter(([state, { steps, values }, segments], i) => {
    const [stateBefore, series, segmentsBefore] = before[i]!
    const kept = series.steps.every((step, at) => steps[at] === step && values[at] === series.values[at])
    return !kept || state !== stateBefore || JSON.stringify(segments) !== JSON.stringify(segmentsBefore)
  })
  return faults.map(() => 'a rebuilt run is another than it was')
}

async function writingTogether(): Promise<string[]> {
  const database = join(folder, 'together', 'runs.db')
  const ids = Array.from({ length: 8 }, (_, i) => `writer-${i}`)
  const began = Date.now()
  const processes = ids.map((id) =>
    writerProcess({ database, folder: join(folder, 'together', id), run: identity(id), steps: 10_000 }),
  )
  let reads = 0
  const troubles: string[] = []
  const source = openSource({
    database,
    tell: (message) => message.tell === 'trouble' && message.sentence !== undefined && troubles.push(message.sentence),
  })
  const needs = ids.map((run) => ({ need: 'curve', run, metric: 'train/loss' }) as const)
  source.receive({ needs })
  const poll = setInterval(() => {
    source.poll()
    reads++
  }, 10)
  const ends = await Promise.all(processes.map(({ ended }) => ended))
  clearInterval(poll)
  source.close()
  const reader = openReader(database)
  const points = ids.map((id) => reader.series(id, 'train/loss').steps.length)
  reader.close()
  console.log(`  ${Date.now() - began} ms with start-up; ${reads} reads meanwhile`)
  return [
    ...troubles,
    ...ends.filter(({ code }) => code !== 0).map(({ errors }) => errors),
    ...points.filter((count) => count !== 10_000).map((count) => `${count} points instead of 10 000`),
  ]
}

async function logging(): Promise<string[]> {
  const place = join(folder, 'logging')
  const writer = await openRunWriter({ database: join(place, 'runs.db'), folder: join(place, 'a'), run: identity('a') })
  const times: number[] = []
  for (let step = 0; step < 50_000; step++) {
    const began = performance.now()
    writer.metric('train/loss', step, 1 / (step + 1))
    times.push(1000 * (performance.now() - began))
    if (step % 1000 === 999) await pause(20) // as steps of a training come
  }
  const reader = openReader(join(place, 'runs.db'))
  const waits: number[] = []
  for (let i = 0; i < 50; i++) {
    const began = performance.now()
    writer.metric('read', i, i)
    while (reader.series('a', 'read').steps.length <= i) await pause(1)
    waits.push(performance.now() - began)
    await pause((i * 37) % 100) // another moment of the writer's own rhythm each time
  }
  reader.close()
  await writer.finish('finished')
  const median = times.sort((a, b) => a - b)[times.length / 2]!
  console.log(
    `  a call takes ${median.toFixed(2)} µs (median of ${times.length}); another program reads the point after at most ${Math.round(Math.max(...waits))} ms`,
  )
  return [
    ...(median < 10 ? [] : ['a log call takes more than 10 µs']),
    ...(Math.max(...waits) <= 250 ? [] : ['a point was not durable within 250 ms']),
  ]
}

function report(what: string, faults: readonly string[]): void {
  console.log(`${what}: ${faults.length === 0 ? 'passed' : `FAILED: ${faults.join('; ')}`}`)
  if (faults.length > 0) process.exitCode = 1
}
