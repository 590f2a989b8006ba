import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { random } from '../../../src/base/random.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import { identity, killLoop, writerProcess } from '../../fixtures/tracking/processes.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

it('a process killed ten times loses no point older than the window, and its run never stays "running"', async () => {
  const folder = temporaryFolder()
  const pauses = random(1, 'kills')
  const { lost, states, steps, gapless } = await killLoop(folder, 10, () => 50 + 250 * pauses.uniform())
  expect(states).toEqual(Array.from({ length: 10 }, () => 'crashed'))
  expect(gapless).toBe(true)
  expect(steps).toBeGreaterThan(100)
  expect(Math.max(...lost)).toBeLessThan(1000) // 250 where other tests do not share the cores: `npm run soak`
  const journal = readFileSync(join(folder, 'killed', 'journal.jsonl'), 'utf8').split('\n')
  expect(journal.length).toBeGreaterThan(steps)
})

it('eight writers and a reader at the same time never meet a locked database', async () => {
  const folder = temporaryFolder()
  const database = join(folder, 'runs.db')
  const ids = Array.from({ length: 8 }, (_, i) => `writer-${i}`)
  const processes = ids.map((id) => writerProcess({ database, folder: join(folder, id), run: identity(id), steps: 500 }))
  let reads = 0
  const poll = setInterval(() => {
    const reader = openReader(database)
    for (const run of reader.runs()) reader.series(run.id, 'train/loss')
    reader.close()
    reads++
  }, 5)
  const ends = await Promise.all(processes.map(({ ended }) => ended))
  clearInterval(poll)
  expect(ends).toEqual(ids.map(() => ({ code: 0, errors: '' })))
  expect(reads).toBeGreaterThan(10)
  const reader = openReader(database)
  expect(ids.map((id) => reader.series(id, 'train/loss').steps.length)).toEqual(ids.map(() => 500))
  expect(new Set(reader.runs().map(({ state }) => state))).toEqual(new Set(['finished']))
  reader.close()
})
