import { appendFileSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs' // prettier-ignore
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { amendRun, hideRun, noteRun, renameRun, requestStop, setBaseline, tagRun } from '../../../src/tracking/amend.ts'
import { enqueueRuns, settleRun } from '../../../src/tracking/claim.ts'
import { openDatabase } from '../../../src/tracking/database.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import { rebuildDatabase } from '../../../src/tracking/rebuild.ts'
import { reconcile } from '../../../src/tracking/run-state.ts'
import { dump } from '../../fixtures/tracking/dump.ts'
import { identity, writerProcess } from '../../fixtures/tracking/processes.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

let written: string
beforeAll(async () => {
  written = mkdtempSync(join(tmpdir(), 'captune-'))
  await writeRuns(written)
})
afterAll(() => rmSync(written, { recursive: true }))

/** The runs that `writeRuns` made, in `folder`; returns the path of their database. */
function eventfulRuns(folder: string): string {
  cpSync(written, folder, { recursive: true })
  return join(folder, 'runs.db')
}

/** Two runs with everything that a run can have: one resumed, amended and marked, one that failed in its second try. */
async function writeRuns(folder: string): Promise<void> {
  const database = join(folder, 'runs.db')
  enqueueRuns(database, [identity('a')]) // as a study does, before the run's own process begins
  const first = await writerIn(folder, 'a', { run: { ...identity('a'), name: 'LoRA, rank 8' } })
  for (let step = 1; step <= 212; step++) first.metric('train/loss', step, step === 3 ? NaN : 1 / step)
  first.config({ seed: 1, peft: { type: 'lora', targets: ['c_attn'] }, gate: false })
  first.environment({ 'git.commit': 'abc', 'machine.cores': 2 })
  first.samples('val', 212, [{ image: 'b', caption: 'superseded' }])
  first.references('data', [{ image: 'b', path: 'val/b.png', captions: ['one', 'two'] }])
  await first.finish('stopped', 'interrupted')
  const second = await writerIn(folder, 'a', { resumeFrom: 200 })
  for (let step = 201; step <= 220; step++) second.metric('train/loss', step, step === 210 ? Infinity : 2)
  second.samples('val', 220, [{ image: 'b', caption: '"a" ball,\nred', cider: 1.5 }])
  second.artifact({ path: 'best.safetensors', bytes: 10, sha256: 'ff' })
  second.log('warning', 'twice')
  second.log('warning', 'twice')
  requestStop(database, 'a')
  await second.finish('finished')
  const failing = await writerIn(folder, 'b')
  failing.metric('train/loss', 1, 1)
  await failing.finish('failed', 'once')
  await (await writerIn(folder, 'b')).finish('failed', 'the loss is not a number')
  amendRun(database, 'a', [{ entry: 'metric', name: 'val/cider', step: 220, value: 1.25, at: 7 }])
  for (const run of ['b', 'a']) setBaseline(database, run)
  tagRun(database, 'a', 'final')
  tagRun(database, 'a', 'draft')
  tagRun(database, 'a', 'draft', false)
  noteRun(database, 'b', 'too fast')
  renameRun(database, 'b', 'second')
  hideRun(database, 'b')
}

const rowsOf = (database: string) => {
  const reader = openReader(database)
  const rows = reader.runs({ hidden: true })
  reader.close()
  return rows
}

describe('a database that is rebuilt', () => {
  it('has the same rows as the one that was written, and the old one is kept', () => {
    const folder = temporaryFolder()
    const database = eventfulRuns(folder)
    const before = dump(database)
    const { backup, ...told } = rebuildDatabase({ from: folder, to: database })
    expect(dump(database)).toEqual(before)
    expect(before['metrics']).toHaveLength(234)
    expect(before['runs']).toMatchObject([
      { id: 'a', name: 'LoRA, rank 8', baseline: 1, hidden: 0, stop_requested: 0 },
      { id: 'b', name: 'second', baseline: 0, hidden: 1, state: 'failed' },
    ])
    expect(told).toEqual({ runs: 2, points: 234, damaged: [], leftOut: [], withoutFolder: [], knewMore: [] })
    expect(dump(backup!)).toEqual(before)
  })

  it('is the same where there was none, or a damaged file, and when it is rebuilt again', () => {
    const folder = temporaryFolder()
    const database = eventfulRuns(folder)
    const before = dump(database)
    rmSync(database)
    expect(rebuildDatabase({ from: folder, to: database }).backup).toBeUndefined()
    expect(dump(database)).toEqual(before)
    writeFileSync(database, readFileSync(database).fill(0x5a, 4096))
    const { backup } = rebuildDatabase({ from: folder, to: database })
    expect(dump(database)).toEqual(before)
    expect(readFileSync(backup!)[5000]).toBe(0x5a)
    writeFileSync(database, 'no database at all')
    rebuildDatabase({ from: folder, to: database })
    rebuildDatabase({ from: folder, to: database })
    expect(dump(database)).toEqual(before)
    expect(readdirSync(folder).filter((name) => /-(wal|shm)$/.test(name))).toEqual([])
  })

  it('knows of a killed run that it crashed, and of one that its study settled why', async () => {
    const folder = temporaryFolder()
    const database = join(folder, 'runs.db')
    for (const id of ['killed', 'settled']) {
      const { child, ready, ended } = writerProcess({ database, folder: join(folder, id), run: identity(id) })
      await ready
      child.kill('SIGKILL')
      await ended
      if (id === 'settled') settleRun(database, identity(id), child.pid, 'crashed', 'killed by SIGKILL, as the system does')
    }
    reconcile(database)
    const before = rowsOf(database)
    rebuildDatabase({ from: folder, to: database })
    const after = rowsOf(database)
    const withoutTimes = (row: (typeof after)[number]) => ({ ...row, heartbeat: 0, ended: 0 })
    expect(after.map(withoutTimes)).toEqual(before.map(withoutTimes))
    expect(after.map(({ state, reason }) => [state, reason])).toEqual([
      ['crashed', 'killed by SIGKILL, as the system does'],
      ['crashed', expect.stringContaining('is gone')],
    ])
    for (const [i, row] of after.entries()) expect(Math.abs(row.heartbeat! - before[i]!.heartbeat!)).toBeLessThan(2500)
  })

  it('does without the lines of a journal that are damaged, and says which', () => {
    const folder = temporaryFolder()
    const database = eventfulRuns(folder)
    const journal = join(folder, 'a', 'journal.jsonl')
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n')
    const config = lines.findIndex((line) => line.startsWith('{"entry":"config"'))
    lines[config] = lines[config]!.slice(0, 40)
    lines[5] = '{"entry":"metric","name":"train/loss","step":"six","value":1,"at":1}'
    lines[7] = '\u0000\u0000\u0000'
    lines[8] = '{"entry":"confetti"}'
    writeFileSync(journal, `${lines.join('\n')}\n`)
    appendFileSync(journal, '{"entry":"metric","name":"train/lo') // the process was killed here
    const { damaged, knewMore } = rebuildDatabase({ from: folder, to: database })
    expect(damaged).toEqual([{ run: 'a', lines: [6, 8, 9, config + 1, lines.length + 1], mended: [] }])
    expect(knewMore).toEqual(['a'])
    const reader = openReader(database)
    expect(reader.series('a', 'train/loss').steps).toHaveLength(217)
    expect(reader.config('a')).toEqual({})
    reader.close()
  })

  it('takes back from other files what a damaged journal has lost', () => {
    const folder = temporaryFolder()
    const database = eventfulRuns(folder)
    appendFileSync(join(folder, 'a', 'journal.jsonl'), '{"entry')
    const { damaged } = rebuildDatabase({
      from: folder,
      to: database,
      mend: (where, known) => {
        expect(where).toBe(join(folder, 'a'))
        expect(known).toMatchObject({ config: true, splits: new Set(['val']), artifacts: new Set(['best.safetensors']) })
        expect([known.lastStep('val/cider'), known.lastStep('val/bleu4')]).toEqual([220, undefined])
        return [{ entry: 'artifact', path: 'scores/val.csv', bytes: 1, sha256: 'aa' }]
      },
    })
    expect(damaged).toMatchObject([{ run: 'a', mended: ['artifact'] }])
    expect(dump(database)['artifacts']).toHaveLength(2)
  })

  it('leaves out folders that are no run, and names runs that have no folder', () => {
    const folder = temporaryFolder()
    const database = eventfulRuns(folder)
    cpSync(join(folder, 'a'), join(folder, 'copy of a'), { recursive: true })
    for (const name of ['features', 'nameless', 'older']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'nameless', 'journal.jsonl'), '{"entry":"note","text":"hello","at":1}\n')
    writeFileSync(join(folder, 'older', 'config.yaml'), 'seed: 1\n')
    renameSync(join(folder, 'b'), join(temporaryFolder(), 'b'))
    const { runs, leftOut, withoutFolder } = rebuildDatabase({ from: folder, to: database })
    expect(runs).toBe(1)
    expect(withoutFolder).toEqual(['b'])
    expect(leftOut).toEqual([
      { folder: join(folder, 'copy of a'), reason: 'its journal is that of a' },
      { folder: join(folder, 'nameless'), reason: 'its journal does not say which run it is' },
      { folder: join(folder, 'older'), reason: 'it has no journal.jsonl' },
    ])
  })

  it('is not made under the hands of a run that is under way, but may be made elsewhere', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    writer.metric('train/loss', 1, 1)
    await writer.flush()
    const before = dump(join(folder, 'runs.db'))
    const rebuild = (to: string) => () => rebuildDatabase({ from: folder, to: join(folder, to) })
    expect(rebuild('runs.db')).toThrow(new UserError(`${join(folder, 'runs.db')}: a under way; wait for the end, or rebuild into another file.`)) // prettier-ignore
    expect(dump(join(folder, 'runs.db'))).toEqual(before)
    expect(readdirSync(folder).filter((name) => name.endsWith('.backup'))).toEqual([])
    expect(rebuildDatabase({ from: folder, to: join(folder, 'elsewhere', 'other.db') })).toMatchObject({ runs: 1, points: 1 })
    await writer.finish('finished')
  })

  it('refuses while a run is under way whose database is damaged: its journal tells', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    copyFileSync(join(folder, 'runs.db'), join(folder, 'kept'))
    writeFileSync(join(folder, 'runs.db'), 'damaged')
    expect(() => rebuildDatabase({ from: folder, to: join(folder, 'runs.db') })).toThrow(/a under way/)
    expect(readFileSync(join(folder, 'runs.db'), 'utf8')).toBe('damaged')
    expect(readdirSync(folder).filter((name) => name.includes('backup'))).toEqual([])
    await writer.finish('finished').catch(() => undefined)
  })

  it('is read while it is rebuilt: a reader sees the old rows or the new', () => {
    const folder = temporaryFolder()
    const database = eventfulRuns(folder)
    const reader = openReader(database)
    const before = reader.runs({ hidden: true })
    const old = openDatabase(database)
    old.prepare('BEGIN').run()
    expect(old.prepare('SELECT count(*) FROM metrics').pluck().get()).toBe(234)
    rebuildDatabase({ from: folder, to: database })
    expect(old.prepare('SELECT count(*) FROM metrics').pluck().get()).toBe(234)
    old.close()
    expect(reader.runs({ hidden: true })).toEqual(before)
    reader.close()
  })

  it('says so where there is no folder of runs', () => {
    const nowhere = join(temporaryFolder(), 'runs')
    expect(() => rebuildDatabase({ from: nowhere, to: join(nowhere, 'runs.db') })).toThrow(`${nowhere}: there is no such folder`)
    expect(existsSync(nowhere)).toBe(false)
  })
})
