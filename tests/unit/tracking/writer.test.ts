import { existsSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { hostname } from 'node:os'
import { requestStop } from '../../../src/tracking/amend.ts'
import { openDatabase } from '../../../src/tracking/database.ts'
import { openReader, type Reader } from '../../../src/tracking/reader.ts'
import { identity, writerProcess } from '../../fixtures/tracking/processes.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

function reading<T>(folder: string, read: (reader: Reader) => T): T {
  const reader = openReader(join(folder, 'runs.db'))
  try {
    return read(reader)
  } finally {
    reader.close()
  }
}

const busy = (milliseconds: number) => {
  for (const until = Date.now() + milliseconds; Date.now() < until;);
}

describe('a run that is written', () => {
  it('keeps every point, and a summary with the steps at which the extremes occurred', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    for (const [i, value] of [3, 1, 4, 1, 5].entries()) writer.metric('val/cider', 10 * (i + 1), value)
    await writer.flush()
    const [summary, series] = reading(folder, (reader) => [
      reader.summaries('a').get('val/cider'),
      reader.series('a', 'val/cider'),
    ])
    expect(summary).toEqual({
      ...{ metric: 'val/cider', points: 5, first: 3, first_step: 10, last: 5, last_step: 50 },
      ...{ min: 1, min_step: 20, max: 5, max_step: 50 },
    })
    expect([...series.steps]).toEqual([10, 20, 30, 40, 50])
    expect([...series.values]).toEqual([3, 1, 4, 1, 5])
    await writer.finish('finished')
  })

  it('takes more points at once than the memory between the threads holds', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    for (let step = 0; step < 40_000; step++) writer.metric('train/loss', step, step)
    await writer.finish('finished')
    const { steps, values } = reading(folder, (reader) => reader.series('a', 'train/loss'))
    expect(steps).toHaveLength(40_000)
    expect(steps.every((step, i) => step === i && values[i] === i)).toBe(true)
  })

  it('keeps what is not a number, and summarises what is', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    for (const [step, value] of [NaN, 2, Infinity, NaN].entries()) writer.metric('train/loss', step, value)
    await writer.finish('failed', 'the loss is not a number at step 3')
    const [summary, series, run] = reading(folder, (reader) => [
      reader.summaries('a').get('train/loss'),
      reader.series('a', 'train/loss'),
      reader.run('a'),
    ])
    expect([...series.values]).toEqual([NaN, 2, Infinity, NaN])
    expect(summary).toMatchObject({ points: 4, first: null, last: null, min: 2, min_step: 1, max: Infinity, max_step: 2 })
    expect(run).toMatchObject({ state: 'failed', reason: 'the loss is not a number at step 3' })
    expect(readFileSync(join(folder, 'a', 'journal.jsonl'), 'utf8')).toContain('"value":"NaN"')
  })

  it('counts a step once that is logged again', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    for (const value of [9, 2]) {
      writer.metrics(7, { 'val/loss': value })
      await writer.flush()
    }
    await writer.finish('finished')
    expect(reading(folder, (reader) => reader.summaries('a').get('val/loss'))).toMatchObject({ points: 1, max: 2, last: 2 })
  })

  it('is on disk within 250 ms even while a step keeps the process busy', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    writer.metric('train/loss', 1, 0.5)
    busy(400)
    expect([...reading(folder, (reader) => reader.series('a', 'train/loss')).steps]).toEqual([1])
    await writer.finish('finished')
  })

  it('keeps config with types, environment, samples, references, artifacts, log and notes', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    writer.config({
      seed: 1,
      peft: { type: 'lora', rank: 8, targets: ['c_attn'] },
      cross_attention: { gate: false },
      parent: null,
    })
    writer.environment({ 'git.commit': 'abc', 'machine.cores': 2 })
    writer.samples('val', 5, [{ image: 'b', caption: 'old' }])
    writer.samples('val', 9, [
      { image: 'b', caption: 'a red ball', cider: 1.5, clipscore: 0.7 },
      { image: 'a', caption: 'a box' },
    ])
    writer.references('fingerprint', [{ image: 'b', path: 'val/b.png', captions: ['one', 'two'] }])
    writer.artifact({ path: 'best.safetensors', bytes: 10, sha256: 'ff' })
    writer.log('warning', 'slow')
    writer.note('looks good')
    await writer.finish('finished')
    reading(folder, (reader) => {
      expect(reader.config('a')).toEqual({
        ...{ seed: 1, 'peft.type': 'lora', 'peft.rank': 8, 'peft.targets': ['c_attn'] },
        ...{ 'cross_attention.gate': false, parent: null },
      })
      expect(reader.environment('a')).toEqual({ 'git.commit': 'abc', 'machine.cores': '2' })
      expect(reader.samples('a', 'val').map(({ image, caption, cider }) => [image, caption, cider])).toEqual([
        ['a', 'a box', undefined],
        ['b', 'a red ball', 1.5],
      ])
      expect(reader.samples('a', 'val', 5)).toHaveLength(1)
      expect(reader.references('fingerprint', 'b')).toEqual(['one', 'two'])
      expect(reader.artifacts('a')).toEqual([{ path: 'best.safetensors', bytes: 10, sha256: 'ff' }])
      expect(reader.logs('a')).toMatchObject([{ level: 'warning', text: 'slow' }])
      expect(reader.notes('a')).toMatchObject([{ text: 'looks good' }])
    })
  })

  it('takes nothing after its end', async () => {
    const writer = await writerIn(temporaryFolder(), 'a')
    await writer.finish('finished')
    expect(() => writer.metric('train/loss', 1, 1)).toThrow(/run a is finished/)
    expect(() => writer.log('info', 'more')).toThrow(/run a is finished/)
  })

  it('loses nothing where its process ends without saying so, and is then known as crashed', async () => {
    const folder = temporaryFolder()
    const task = { database: join(folder, 'runs.db'), folder: join(folder, 'a'), run: identity('a'), steps: 50, forget: true }
    expect(await writerProcess(task).ended).toEqual({ code: 0, errors: '' })
    expect(reading(folder, (reader) => reader.series('a', 'train/loss').steps)).toHaveLength(50)
    expect(reading(folder, (reader) => reader.run('a')?.state)).toBe('crashed')
  })
})

describe('a run whose end is written before its process comes to ask for it, as on a busy machine', () => {
  afterEach(() => vi.restoreAllMocks())

  it('has ended all the same', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    const add = Atomics.add.bind(Atomics)
    vi.spyOn(Atomics, 'add').mockImplementation((...given) => {
      busy(150) // the thread looks for entries every 100 ms
      return add(...given)
    })
    await writer.finish('finished')
    expect(reading(folder, (reader) => reader.run('a'))).toMatchObject({ state: 'finished' })
  })
})

describe('a run that is resumed', () => {
  it('hides the points after the step it resumes from, keeps them, and computes the summaries anew', async () => {
    const folder = temporaryFolder()
    const first = await writerIn(folder, 'a')
    for (let step = 1; step <= 212; step++) first.metric('train/loss', step, step === 205 ? 999 : 1)
    first.samples('val', 212, [{ image: 'b', caption: 'superseded' }])
    await first.finish('stopped')
    const second = await writerIn(folder, 'a', { resumeFrom: 200 })
    for (let step = 201; step <= 220; step++) second.metric('train/loss', step, 2)
    await second.finish('finished')
    reading(folder, (reader) => {
      const { steps, values } = reader.series('a', 'train/loss')
      expect([...steps]).toEqual(Array.from({ length: 220 }, (_, i) => i + 1))
      expect([...values.slice(199, 202)]).toEqual([1, 2, 2])
      expect(reader.summaries('a').get('train/loss')).toMatchObject({ points: 220, max: 2, max_step: 201, last_step: 220 })
      expect(reader.segments('a')).toMatchObject([
        { segment: 1, until_step: 200 },
        { segment: 2, from_step: 200, until_step: null },
      ])
      expect(reader.samples('a', 'val')).toEqual([])
    })
    expect(readFileSync(join(folder, 'a', 'journal.jsonl'), 'utf8')).toContain('"value":999')
  })

  it('starts over without a step to resume from: nothing of the first attempt is shown', async () => {
    const folder = temporaryFolder()
    const first = await writerIn(folder, 'a')
    first.metrics(0, { 'val/loss': 9, 'train/loss': 9 })
    await first.finish('failed', 'once')
    const second = await writerIn(folder, 'a')
    second.metric('train/loss', 0, 4)
    await second.finish('finished')
    reading(folder, (reader) => {
      expect([...reader.summaries('a').keys()]).toEqual(['train/loss'])
      expect([...reader.series('a', 'train/loss').values]).toEqual([4])
      expect(reader.series('a', 'val/loss').steps).toHaveLength(0)
      expect(reader.run('a')).toMatchObject({ state: 'finished', reason: null })
    })
  })

  it('ends the line that a killed process left half written in the journal', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'a'))
    writeFileSync(join(folder, 'a', 'journal.jsonl'), '{"entry":"metric","na')
    await (await writerIn(folder, 'a')).finish('finished')
    const lines = readFileSync(join(folder, 'a', 'journal.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    expect(lines.slice(1).map((line) => (JSON.parse(line) as { entry: string }).entry)).toEqual(['run', 'segment', 'end'])
  })
})

describe('a run that somebody has', () => {
  it('is refused to a second process, naming the first', async () => {
    const folder = temporaryFolder()
    const task = { database: join(folder, 'runs.db'), folder: join(folder, 'a'), run: identity('a') }
    const { child, ready, ended } = writerProcess(task)
    await ready
    const refused = writerIn(folder, 'a')
    await expect(refused).rejects.toThrow(UserError)
    await expect(refused).rejects.toThrow(`a: process ${child.pid} on ${hostname()} is writing this run`)
    child.kill('SIGKILL')
    await ended
    await (await writerIn(folder, 'a')).finish('finished')
  })

  it('goes to exactly one of two processes that want it at the same time', async () => {
    const folder = temporaryFolder()
    const task = { database: join(folder, 'runs.db'), folder: join(folder, 'a'), run: identity('a') }
    const both = [writerProcess(task), writerProcess(task)]
    await Promise.all(both.map(({ ready }) => ready))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const codes = both.map(({ child }) => child.exitCode)
    for (const { child } of both) child.kill('SIGKILL')
    await Promise.all(both.map(({ ended }) => ended))
    expect(codes.sort()).toEqual([2, null])
  })

  it('stops when it is asked to', async () => {
    const folder = temporaryFolder()
    const task = { database: join(folder, 'runs.db'), folder: join(folder, 'a'), run: identity('a') }
    const { ready, ended } = writerProcess(task)
    await ready
    requestStop(task.database, 'a')
    expect((await ended).code).toBe(0)
    expect(reading(folder, (reader) => reader.run('a')?.state)).toBe('stopped')
  })
})

describe('a disk that refuses', () => {
  it('is a sentence for the user at the start', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a'), 'a file where the folder should be')
    await expect(writerIn(folder, 'a')).rejects.toThrow(UserError)
    await expect(writerIn(folder, 'a')).rejects.toThrow(
      /journal\.jsonl: cannot be written, a file stands where a folder is needed/,
    )
  })

  it.skipIf(!existsSync('/dev/full'))('that is full is told, and the run has failed (skipped without /dev/full)', async () => {
    const folder = temporaryFolder()
    await (await writerIn(folder, 'a')).finish('stopped')
    unlinkSync(join(folder, 'a', 'journal.jsonl'))
    symlinkSync('/dev/full', join(folder, 'a', 'journal.jsonl'))
    const refused = writerIn(folder, 'a')
    await expect(refused).rejects.toThrow(UserError)
    await expect(refused).rejects.toThrow(/journal\.jsonl: cannot be written, the disk is full; free some space/)
    expect(reading(folder, (reader) => reader.run('a'))).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('the disk is full'),
    })
  })

  it('while a run is written reaches onError, flush and finish alike', async () => {
    const folder = temporaryFolder()
    const errors: Error[] = []
    const writer = await writerIn(folder, 'a', { onError: (error) => errors.push(error) })
    const database = openDatabase(join(folder, 'runs.db'))
    database.exec(`CREATE TRIGGER full BEFORE INSERT ON metrics BEGIN SELECT raise(ABORT, 'refused'); END`)
    writer.metric('train/loss', 1, 1)
    await expect(writer.flush()).rejects.toThrow(/refused/)
    writer.metric('train/loss', 2, 1) // training may not have noticed yet
    await expect(writer.finish('finished')).rejects.toThrow(/refused/)
    expect(errors.map(({ message }) => message)).toEqual(['refused'])
    expect(database.prepare('SELECT state, reason FROM runs').get()).toEqual({ state: 'failed', reason: 'refused' })
    database.close()
  })
})
