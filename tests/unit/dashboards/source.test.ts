// The source against a real database, written as runs write it.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Attempt } from '../../../dashboards/data/attempts.ts'
import type { Answers, FromSource, Need } from '../../../dashboards/data/messages.ts'
import { openSource, type Source } from '../../../dashboards/data/source.ts'
import { pairedBootstrap } from '../../../src/metrics/bootstrap.ts'
import { amendRun } from '../../../src/tracking/amend.ts'
import { openDatabase } from '../../../src/tracking/database.ts'
import { writeSyntheticRuns } from '../../../bench/synthetic-runs.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

interface Watched {
  readonly source: Source
  /** What was told since the last call. */
  readonly heard: () => FromSource[]
  readonly attempts: () => Map<string, Attempt>
}

function watch(database: string, study?: string): Watched {
  let heard: FromSource[] = []
  const attempts = new Map<string, Attempt>()
  const source = openSource({
    ...{ database, study },
    tell: (message) => {
      heard.push(message)
      if (message.tell !== 'attempts') return
      for (const attempt of message.changed) attempts.set(attempt.run.id, attempt)
      for (const id of message.gone) attempts.delete(id)
    },
  })
  onTestFinished(() => source.close())
  const taken = () => {
    const all = heard
    heard = []
    return all
  }
  return { source, heard: taken, attempts: () => attempts }
}

function pollAll(source: Source, now?: number): void {
  while (source.poll(now));
}

function answerOf<N extends Need>(messages: readonly FromSource[], need: N['need']): Answers[N['need']] | undefined {
  const found = messages.findLast((message) => message.tell === 'answer' && message.need.need === need)
  return found?.tell === 'answer' ? (found.answer as Answers[N['need']]) : undefined
}

function synthetic(runs: number): string {
  const database = join(temporaryFolder(), 'runs.db')
  writeSyntheticRuns(database, { runs, seed: 1, points: 8, images: 40 })
  return database
}

describe('the source', () => {
  it('tells an empty database once, and the runs as soon as there are some', async () => {
    const folder = temporaryFolder()
    const { source, heard, attempts } = watch(join(folder, 'runs.db'))
    pollAll(source)
    pollAll(source)
    expect(heard()).toEqual([{ tell: 'attempts', changed: [], gone: [], waiting: 0 }])
    expect(existsSync(join(folder, 'runs.db'))).toBe(false)
    const writer = await writerIn(folder, 'a')
    writer.metric('train/loss', 1, 3)
    writer.metric('train/loss', 2, 2)
    await writer.flush()
    pollAll(source)
    expect(attempts().get('a')).toMatchObject({ run: { state: 'running' }, progress: { step: 2, loss: [3, 2] } })
    await writer.finish('finished')
    pollAll(source)
    expect(attempts().get('a')).toMatchObject({ run: { state: 'finished' }, progress: undefined })
  })

  it('reads many runs in slices, newest first, and of one study only those', () => {
    const database = synthetic(1100)
    const { source, heard } = watch(database)
    expect(source.poll()).toBe(true)
    expect(source.poll()).toBe(true)
    expect(source.poll()).toBe(false)
    const told = heard().flatMap((message) => (message.tell === 'attempts' ? [message] : []))
    expect(told.map(({ changed, waiting }) => [changed.length, waiting])).toEqual([[500, 600], [500, 100], [100, 0]]) // prettier-ignore
    const created = told.flatMap(({ changed }) => changed.map(({ run }) => run.created))
    expect(created).toEqual([...created].sort((a, b) => b - a))
    const one = watch(database, 'study-3')
    pollAll(one.source)
    expect([...one.attempts().values()].every(({ run }) => run.study === 'study-3')).toBe(true)
    expect(one.attempts().size).toBe(40)
  })

  it('tells nothing while nothing changes, and then what has changed alone', () => {
    const database = synthetic(60)
    const { source, heard, attempts } = watch(database)
    pollAll(source)
    heard()
    const id = [...attempts().keys()][10]!
    pollAll(source)
    expect(heard()).toEqual([])
    source.receive({ action: { act: 'tag', runs: [id], tag: 'final', on: true } })
    pollAll(source)
    expect(heard()).toMatchObject([
      { tell: 'done', failed: false },
      { tell: 'attempts', changed: [{ run: { id }, tags: ['final'] }] },
    ])
    source.receive({ action: { act: 'hide', runs: [id], on: true } })
    pollAll(source)
    expect(attempts().has(id)).toBe(false)
    source.receive({ action: { act: 'hide', runs: [id], on: false } })
    pollAll(source)
    expect(attempts().get(id)?.tags).toEqual(['final'])
  })

  it('finds scores that come late from elsewhere', () => {
    const database = synthetic(20)
    const { source, attempts } = watch(database)
    const begin = Date.now()
    pollAll(source, begin)
    const id = [...attempts().keys()][7]!
    amendRun(database, id, [{ entry: 'metric', name: 'val/cider', step: 9, value: 2.5, at: 1 }])
    pollAll(source, begin + 11_000)
    expect(attempts().get(id)?.cider).toBe(2.5)
  })

  it('says that an action cannot be done', () => {
    const { source, heard } = watch(synthetic(4))
    pollAll(source)
    heard()
    source.receive({ action: { act: 'note', run: 'nobody', text: 'x' } })
    expect(heard()).toMatchObject([
      { tell: 'done', failed: true, sentence: expect.stringContaining('no run "nobody"') as string },
    ])
  })

  it('says that the database is gone, and goes on with the one that takes its place', () => {
    const database = synthetic(8)
    const { source, heard, attempts } = watch(database)
    pollAll(source)
    heard()
    renameSync(database, `${database}.away`)
    pollAll(source)
    pollAll(source)
    expect(heard()).toEqual([{ tell: 'trouble', sentence: `${database}: the database is gone; what was read before is shown.` }])
    expect(attempts().size).toBe(8)
    for (const suffix of ['-wal', '-shm']) rmSync(`${database}${suffix}`, { force: true })
    writeSyntheticRuns(database, { runs: 5, seed: 2, points: 4, images: 4 })
    pollAll(source)
    expect(heard().at(-1)).toEqual({ tell: 'trouble', sentence: undefined })
  })

  it('says that the database is newer than the program, and reads on when it is not', () => {
    const database = synthetic(4)
    const { source, heard } = watch(database)
    const writing = openDatabase(database)
    const version = Number(writing.pragma('user_version', { simple: true }))
    writing.pragma('user_version = 99')
    pollAll(source)
    expect(heard()).toMatchObject([{ tell: 'trouble', sentence: expect.stringMatching(/is version 99/) as string }])
    writing.pragma(`user_version = ${version}`)
    writing.close()
    pollAll(source)
    expect(heard().map(({ tell }) => tell)).toEqual(['attempts', 'trouble'])
  })

  it('gives the verdicts that the bootstrap of the stored scores gives', () => {
    const database = synthetic(4)
    const { source, heard, attempts } = watch(database)
    pollAll(source)
    const ids = [...attempts().keys()].reverse() // none, lora, adapter, prefix
    const need: Need = { need: 'verdicts', runs: ids, baseline: ids[0] }
    source.receive({ needs: [need] })
    pollAll(source)
    const verdicts = answerOf(heard(), 'verdicts') as Answers['verdicts']
    expect(verdicts[ids[0]!]?.cider?.difference).toBeUndefined()
    const { difference, word, interval } = verdicts[ids[3]!]!.cider!
    expect(word).toBe('better')
    expect(interval.low).toBeLessThan(interval.mean)
    const [ours, theirs] = [ids[3]!, ids[0]!].map((id) => perImage(database, id))
    expect(difference).toEqual(pairedBootstrap(ours!, theirs!, { seed: 1 }).difference)
    pollAll(source)
    expect(heard()).toEqual([])
  })
})

function perImage(database: string, run: string): Record<string, number> {
  const opened = openDatabase(database)
  const rows = opened.prepare(`SELECT image, cider FROM samples WHERE run = ? AND split = 'val' ORDER BY image`).all(run)
  opened.close()
  return Object.fromEntries((rows as { image: string; cider: number }[]).map(({ image, cider }) => [image, cider]))
}

it('shows a live row within a second of its first number', { timeout: 20_000 }, async () => {
  const folder = temporaryFolder()
  const { source, attempts } = watch(join(folder, 'runs.db'))
  pollAll(source)
  const writer = await writerIn(folder, 'live')
  const began = performance.now()
  writer.metric('train/loss', 1, 3)
  while (attempts().get('live')?.progress === undefined) {
    await pause(300) // as often as the thread looks
    pollAll(source)
  }
  expect(performance.now() - began).toBeLessThan(1000)
  await writer.finish('finished')
})
