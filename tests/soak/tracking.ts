// Long proofs about tracking, for `npm run soak`: 200 kills of a writing process, and 8 writers of 10 000 points each with a reader.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '../../src/base/random.ts'
import { openReader } from '../../src/tracking/reader.ts'
import { identity, killLoop, writerProcess } from '../fixtures/tracking/processes.ts'

const kills = Number(process.argv[2] ?? 200)
const folder = mkdtempSync(join(tmpdir(), 'captune-soak-'))
try {
  report(`${kills} kills`, await killing())
  report('8 writers of 10 000 points and a reader', await writingTogether())
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function killing(): Promise<string[]> {
  const pauses = random(1, 'kills')
  const { lost, states, steps, gapless } = await killLoop(join(folder, 'kills'), kills, () => 400 * pauses.uniform())
  console.log(`  ${steps} points; the oldest lost was ${Math.max(...lost)} ms old`)
  return [
    ...(gapless ? [] : ['points are missing in the middle']),
    ...(Math.max(...lost) <= 250 ? [] : ['points older than 250 ms were lost']),
    ...states.filter((state) => state === 'running').map(() => 'a killed run was seen running'),
  ]
}

async function writingTogether(): Promise<string[]> {
  const database = join(folder, 'together', 'runs.db')
  const ids = Array.from({ length: 8 }, (_, i) => `writer-${i}`)
  const began = Date.now()
  const processes = ids.map((id) =>
    writerProcess({ database, folder: join(folder, 'together', id), run: identity(id), steps: 10_000 }),
  )
  let reads = 0
  const poll = setInterval(() => {
    const reader = openReader(database)
    for (const run of reader.runs()) reader.summaries(run.id)
    reader.close()
    reads++
  }, 10)
  const ends = await Promise.all(processes.map(({ ended }) => ended))
  clearInterval(poll)
  const reader = openReader(database)
  const points = ids.map((id) => reader.series(id, 'train/loss').steps.length)
  reader.close()
  console.log(`  ${Date.now() - began} ms with start-up; ${reads} reads meanwhile`)
  return [
    ...ends.filter(({ code }) => code !== 0).map(({ errors }) => errors),
    ...points.filter((count) => count !== 10_000).map((count) => `${count} points instead of 10 000`),
  ]
}

function report(what: string, faults: readonly string[]): void {
  console.log(`${what}: ${faults.length === 0 ? 'passed' : `FAILED: ${faults.join('; ')}`}`)
  if (faults.length > 0) process.exitCode = 1
}
