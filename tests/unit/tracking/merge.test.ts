import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { amendRun, hideRun, noteRun, renameRun, tagRun } from '../../../src/tracking/amend.ts'
import { openDatabase } from '../../../src/tracking/database.ts'
import { mergeDatabase, type Merged } from '../../../src/tracking/merge.ts'
import { rebuildDatabase } from '../../../src/tracking/rebuild.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import type { Entry } from '../../../src/tracking/entries.ts'
import { dump } from '../../fixtures/tracking/dump.ts'
import { identity } from '../../fixtures/tracking/processes.ts'
import { recordRun } from '../../fixtures/tracking/record-run.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

/** A finished run of ten steps after `resumeFrom` in `folder/runs.db`, written as its process would. */
function finishedRun(folder: string, id: string, { resumeFrom, hash }: { resumeFrom?: number; hash?: string } = {}): void {
  const first = (resumeFrom ?? 0) + 1
  const steps = Array.from({ length: 10 }, (_, i) => first + i)
  const at = Date.now()
  recordRun(folder, { ...identity(id), ...(hash && { config_hash: hash }) }, resumeFrom, [
    ...steps.map((step): Entry => ({ entry: 'metric', name: 'train/loss', step, value: 1 / step, at })),
    { entry: 'config', values: { 'peft.type': 'lora' } },
    { entry: 'samples', split: 'val', step: 10, rows: [{ image: 'b', caption: 'a ball', cider: 1 }] },
    { entry: 'references', data: 'data', images: [{ image: 'b', path: 'val/b.png', captions: ['one', 'two'] }] },
    { entry: 'artifact', path: 'best.safetensors', bytes: 10, sha256: 'ff' },
    { entry: 'log', level: 'info', text: 'twice', at },
    { entry: 'log', level: 'info', text: 'twice', at },
    { entry: 'end', state: 'finished', reason: null, at: Date.now() },
  ])
}

/** Two folders, the second a copy of the first as it is now. */
function twoPlaces(...ids: string[]): { here: string; there: string; merge: () => Merged; mergeBack: () => Merged } {
  const [here, there] = [temporaryFolder(), temporaryFolder()]
  for (const id of ids) finishedRun(here, id)
  const [ours, theirs] = [join(here, 'runs.db'), join(there, 'runs.db')]
  openDatabase(ours).close()
  mergeDatabase(theirs, ours)
  return { here, there, merge: () => mergeDatabase(ours, theirs), mergeBack: () => mergeDatabase(theirs, ours) }
}

const nothing: Merged = { added: [], updated: [], completed: [], unchanged: 0, conflicts: [], underWay: [] }

describe('a database that is merged into another', () => {
  it('adds the runs that are not there with all their rows, once', () => {
    const { here, there, merge } = twoPlaces('a')
    expect(dump(join(there, 'runs.db'))).toEqual(dump(join(here, 'runs.db')))
    finishedRun(there, 'b')
    tagRun(join(there, 'runs.db'), 'b', 'final')
    expect(merge()).toEqual({ ...nothing, added: ['b'], unchanged: 1 })
    const once = dump(join(here, 'runs.db'))
    expect(once).toEqual(dump(join(there, 'runs.db')))
    expect(merge()).toEqual({ ...nothing, unchanged: 2 })
    expect(dump(join(here, 'runs.db'))).toEqual(once)
  })

  it('brings a run up to date that went on over there, and never the other way round', () => {
    const { here, there, merge, mergeBack } = twoPlaces('a')
    renameRun(join(here, 'runs.db'), 'a', 'mine')
    noteRun(join(here, 'runs.db'), 'a', 'mine too')
    finishedRun(there, 'a', { resumeFrom: 5 })
    expect(mergeBack()).toMatchObject({ updated: [], completed: ['a'], conflicts: [] }) // the note alone
    expect(merge()).toEqual({ ...nothing, updated: ['a'] })
    const reader = openReader(join(here, 'runs.db'))
    expect(reader.series('a', 'train/loss').steps).toHaveLength(15)
    expect(reader.summaries('a').get('train/loss')).toMatchObject({ points: 15, last_step: 15 })
    expect(reader.segments('a')).toMatchObject([{ until_step: 5 }, { from_step: 5, until_step: null }])
    expect(reader.run('a')).toMatchObject({ name: 'mine' })
    expect(reader.notes('a')).toMatchObject([{ text: 'mine too' }])
    reader.close()
    expect(merge()).toEqual({ ...nothing, unchanged: 1 })
    const [ours, theirs] = [dump(join(here, 'runs.db')), dump(join(there, 'runs.db'))]
    expect({ ...ours, runs: [] }).toEqual({ ...theirs, runs: [] })
  })

  it('adds scores, tags and notes that came later to the same run', () => {
    const { here, there, merge } = twoPlaces('a')
    const path = join(there, 'runs.db')
    amendRun(path, 'a', [{ entry: 'metric', name: 'val/cider', step: 10, value: 1.25, at: Date.now() }])
    tagRun(path, 'a', 'final')
    hideRun(path, 'a') // whether a run is shown is each place's own affair
    expect(merge()).toEqual({ ...nothing, completed: ['a'] })
    const reader = openReader(join(here, 'runs.db'))
    expect(reader.summaries('a').get('val/cider')).toMatchObject({ last: 1.25, points: 1 })
    expect(reader.tags('a')).toEqual(['final'])
    expect(reader.run('a')).toMatchObject({ hidden: 0 })
    reader.close()
  })

  it('takes of two values of a step the one that was logged later', () => {
    const { here, there, merge } = twoPlaces('a')
    const score = (folder: string, value: number, at: number) => amendRun(join(folder, 'runs.db'), 'a', [{ entry: 'metric', name: 'val/cider', step: 10, value, at }]) // prettier-ignore
    const shown = () => dump(join(here, 'runs.db'))['summaries']
    score(here, 1, 2000)
    score(there, 2, 1000)
    expect(merge()).toEqual({ ...nothing, unchanged: 1 })
    expect(shown()).toContainEqual(expect.objectContaining({ metric: 'val/cider', last: 1 }))
    score(there, 3, 3000)
    expect(merge()).toEqual({ ...nothing, completed: ['a'] })
    expect(shown()).toContainEqual(expect.objectContaining({ metric: 'val/cider', last: 3 }))
  })

  it('names what is another run under the same id, and leaves ours as it is', () => {
    const { here, there, merge } = twoPlaces('both')
    for (const place of [here, there]) finishedRun(place, 'twice')
    finishedRun(here, 'other', { hash: '1' })
    finishedRun(there, 'other', { hash: '2' })
    for (const place of [here, there]) finishedRun(place, 'both', { resumeFrom: 10 })
    const before = dump(join(here, 'runs.db'))
    const { conflicts, ...rest } = merge()
    expect(rest).toMatchObject({ added: [], updated: [], completed: [], unchanged: 0 })
    expect(conflicts).toEqual([
      { run: 'both', reason: expect.stringMatching(/^it was continued there by another process, on \S+ at 20/) as string },
      { run: 'twice', reason: expect.stringMatching(/^it was begun there by another process, on \S+ at 20/) as string },
      { run: 'other', reason: 'its configuration, data or weights are others there' },
    ])
    expect(dump(join(here, 'runs.db'))).toEqual(before)
  })

  it('names a run whose captions differ though neither is newer', () => {
    const { there, merge } = twoPlaces('a')
    const database = openDatabase(join(there, 'runs.db'))
    database.prepare(`UPDATE samples SET caption = 'forged'`).run()
    database.close()
    expect(merge().conflicts).toEqual([{ run: 'a', reason: 'its samples differ, and neither is newer' }])
  })

  it('leaves runs that are under way for later', async () => {
    const { there, merge } = twoPlaces()
    const writer = await writerIn(there, 'a')
    expect(merge()).toEqual({ ...nothing, underWay: ['a'] })
    await writer.finish('finished')
    expect(merge()).toEqual({ ...nothing, added: ['a'] })
  })

  it('puts back what a rebuild cannot know: runs without a folder', () => {
    const { there } = twoPlaces('a')
    const path = join(there, 'runs.db')
    const before = dump(path)
    const { backup, withoutFolder } = rebuildDatabase({ from: there, to: path })
    expect(withoutFolder).toEqual(['a'])
    mergeDatabase(path, backup!)
    expect(dump(path)).toEqual(before)
  })

  it('must be there, and be a database', () => {
    const folder = temporaryFolder()
    const other = join(folder, 'other.db')
    expect(() => mergeDatabase(join(folder, 'runs.db'), other)).toThrow(`${other}: there is no such database.`)
    writeFileSync(other, 'epoch,loss\n'.repeat(1000))
    expect(() => mergeDatabase(join(folder, 'runs.db'), other)).toThrow(`${other}: is not a SQLite database`)
  })
})
