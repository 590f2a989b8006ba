import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { amendRun, hideRun, noteRun, renameRun, setBaseline, tagRun } from '../../../src/tracking/amend.ts'
import { enqueueRuns } from '../../../src/tracking/claim.ts'
import { environmentFacts } from '../../../src/tracking/environment.ts'
import { openReader, type Reader } from '../../../src/tracking/reader.ts'
import { resolveRun } from '../../../src/tracking/resolve-run.ts'
import { identity } from '../../fixtures/tracking/processes.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

const run = (attempt: string, seed: number, hash: string) => ({
  ...{ id: `shapes-${attempt}-s${seed}-${hash}`, study: 'shapes', attempt, kind: 'train', seed, config_hash: hash },
})

function readerOf(...runs: ReturnType<typeof run>[]): Reader {
  const path = join(temporaryFolder(), 'runs.db')
  for (const each of runs) enqueueRuns(path, [each])
  return openReader(path)
}

describe('reading runs', () => {
  it('filters by any column, the newest first, without the hidden', () => {
    const path = join(temporaryFolder(), 'runs.db')
    enqueueRuns(path, [run('lora', 1, 'aaaa'), run('lora', 2, 'bbbb'), run('none', 1, 'cccc')])
    hideRun(path, 'shapes-lora-s2-bbbb')
    const reader = openReader(path)
    const seeds = (filter: Parameters<Reader['runs']>[0]) => reader.runs(filter).map(({ seed }) => seed)
    expect(seeds({ attempt: 'lora' })).toEqual([1])
    expect(seeds({ attempt: 'lora', hidden: true })).toEqual([2, 1])
    expect(seeds({ config_hash: 'cccc', state: 'queued' })).toEqual([1])
    expect(seeds({ study: undefined, state: 'finished' })).toEqual([])
    reader.close()
  })

  it('gives a metric at the step where another is best, the earliest of equals', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    for (const [step, cider, clip] of [
      [10, 0.5, 0.61],
      [20, 0.9, 0.62],
      [30, 0.9, 0.63],
      [40, 0.2, 0.64],
    ] as const)
      // prettier-ignore
      writer.metrics(step, { 'subset/cider': cider, 'subset/clipscore': clip })
    await writer.finish('finished')
    const reader = openReader(join(folder, 'runs.db'))
    expect(reader.valueAtBest('a', 'subset/clipscore', 'subset/cider')).toEqual({ step: 20, value: 0.62, best: 0.9 })
    expect(reader.valueAtBest('a', 'subset/clipscore', 'subset/cider', 'lower')).toEqual({ step: 40, value: 0.64, best: 0.2 })
    expect(reader.valueAtBest('a', 'train/loss', 'subset/cider')).toEqual({ step: 20, value: undefined, best: 0.9 })
    expect(reader.valueAtBest('a', 'subset/cider', 'train/loss')).toBeUndefined()
    reader.close()
  })

  it('notices that another process has written', () => {
    const path = join(temporaryFolder(), 'runs.db')
    enqueueRuns(path, [identity('a')])
    const reader = openReader(path)
    const before = reader.version()
    expect(reader.version()).toBe(before)
    renameRun(path, 'a', 'best so far')
    expect(reader.version()).not.toBe(before)
    expect(reader.run('a')?.name).toBe('best so far')
    reader.close()
  })
})

describe('what is added to a run from outside', () => {
  it('is tags, notes, one baseline in a study and late scores, all of it in the journal too', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'runs.db')
    for (const id of ['a', 'b']) await (await writerIn(folder, id)).finish('finished')
    tagRun(path, 'a', 'final')
    tagRun(path, 'a', 'draft')
    tagRun(path, 'a', 'draft', false)
    noteRun(path, 'a', 'for the report')
    setBaseline(path, 'b')
    setBaseline(path, 'a')
    amendRun(path, 'a', [{ entry: 'metric', name: 'val/cider', step: 40, value: 1.25, at: 1 }])
    const reader = openReader(path)
    expect(reader.tags('a')).toEqual(['final'])
    expect(reader.notes('a')).toMatchObject([{ text: 'for the report' }])
    expect(reader.runs().map(({ id, baseline, state }) => [id, baseline, state])).toEqual([
      ['b', 0, 'finished'],
      ['a', 1, 'finished'],
    ])
    expect(reader.summaries('a').get('val/cider')).toMatchObject({ max: 1.25, max_step: 40 })
    reader.close()
    expect(readFileSync(join(folder, 'a', 'journal.jsonl'), 'utf8')).toContain('"for the report"')
  })

  it('is refused for a run that is not there', () => {
    const path = join(temporaryFolder(), 'runs.db')
    expect(() => noteRun(path, 'a', 'x')).toThrow(/there is no such database, so no run "a"/)
    enqueueRuns(path, [identity('b')])
    expect(() => noteRun(path, 'a', 'x')).toThrow(/there is no run "a"/)
  })
})

describe('RUN on a command line', () => {
  const runs = [run('lora', 1, 'aaaa1111'), run('none', 1, 'cccc3333'), run('none', 2, 'dddd4444')]

  it.each(['shapes-lora-s1-aaaa1111', 'shapes-l', 'shapes/lora'])('%s is the one run', (text) => {
    expect(resolveRun(readerOf(...runs), text).attempt).toBe('lora')
  })

  it('study/attempt is the newest of its runs', async () => {
    const path = join(temporaryFolder(), 'runs.db')
    enqueueRuns(path, [run('lora', 1, 'aaaa1111')])
    await new Promise((resolve) => setTimeout(resolve, 5))
    enqueueRuns(path, [run('lora', 1, 'ffff0000')])
    expect(resolveRun(openReader(path), 'shapes/lora').config_hash).toBe('ffff0000')
  })

  it('is ambiguous where several seeds or ids fit, and lists them', () => {
    expect(() => resolveRun(readerOf(...runs), 'shapes/none')).toThrow(
      /means any of shapes-none-s2-dddd4444, shapes-none-s1-cccc3333/,
    )
    expect(() => resolveRun(readerOf(...runs), 'shapes-n')).toThrow(/give more of the id/)
  })

  it('names the nearest where nothing fits', () => {
    expect(() => resolveRun(readerOf(...runs), 'shapes/laro')).toThrow(/no such run; the nearest are shapes\/lora/)
    expect(() => resolveRun(readerOf(...runs), 'shape-lora')).toThrow(/the nearest are shapes-lora-s1-aaaa1111/)
    expect(() => resolveRun(readerOf(), 'x')).toThrow(/there are no runs yet/)
  })
})

it('the facts of the environment name code, machine and command', () => {
  expect(environmentFacts()).toMatchObject({ 'node.version': process.version, 'machine.cores': expect.any(Number) })
})
