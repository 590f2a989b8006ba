import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { enqueueRuns, settleRun } from '../../../src/tracking/claim.ts'
import { openDatabase } from '../../../src/tracking/database.ts'
import { startOf, thisProcess } from '../../../src/base/process-identity.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import { reconcile, silence, trueState, type RunRow, type Surroundings } from '../../../src/tracking/run-state.ts'
import { identity, writerProcess } from '../../fixtures/tracking/processes.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

const row: RunRow = {
  ...{
    id: 'a',
    study: 's',
    attempt: 'a',
    kind: 'train',
    seed: 1,
    state: 'running',
    reason: null,
    config_hash: 'h',
    parent: null,
  },
  ...{ created: 0, started: 0, ended: null, host: 'here', pid: 7, pid_start: 'then', heartbeat: 1000 },
  ...{ stop_requested: 0, hidden: 0, name: 'a', baseline: 0 },
}
const around = (more: Partial<Surroundings>): Surroundings => ({ now: 2000, host: 'here', startOf: () => 'then', ...more })

describe('the state of a run', () => {
  it.each([
    ['its process lives', row, around({}), 'running'],
    ['its process lives but says nothing, stopped by Ctrl-Z', row, around({ now: 1e9 }), 'running'],
    ['its process is gone', row, around({ startOf: () => undefined }), 'crashed'],
    ['another process has got its number', row, around({ startOf: () => 'later' }), 'crashed'],
    ['another host wrote a moment ago', row, around({ host: 'there', startOf: () => undefined }), 'running'],
    ['another host has been silent for long', row, around({ host: 'there', now: 1000 + silence }), 'crashed'],
    ['its study lives', { ...row, state: 'queued' as const }, around({}), 'queued'],
    ['its study is gone', { ...row, state: 'queued' as const }, around({ startOf: () => undefined }), 'stopped'],
    ['it has ended', { ...row, state: 'finished' as const }, around({ startOf: () => undefined }), 'finished'],
  ])('where %s', (_, run, surroundings, state) => {
    expect(trueState(run, surroundings).state).toBe(state)
  })

  it('tells processes apart by their start', () => {
    expect(startOf(process.pid)).toBe(thisProcess().start)
    expect(startOf(process.ppid)).not.toBe(thisProcess().start)
    expect(startOf(2 ** 22 + 1)).toBeUndefined()
  })

  it('is written down by reconcile, with the reason, once', async () => {
    const folder = temporaryFolder()
    const task = { database: join(folder, 'runs.db'), folder: join(folder, 'a'), run: identity('a') }
    const { child, ready, ended } = writerProcess(task)
    await ready
    expect(reconcile(task.database)).toEqual([])
    child.kill('SIGKILL')
    await ended
    expect(reconcile(task.database)).toMatchObject([
      { id: 'a', state: 'crashed', reason: expect.stringContaining(`${child.pid} is gone`) },
    ])
    expect(reconcile(task.database)).toEqual([])
  })

  it('is running again when a run that others took for crashed writes again', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'runs.db')
    const writer = await writerIn(folder, 'a')
    const database = openDatabase(path)
    database.prepare(`UPDATE runs SET state = 'crashed', reason = 'nothing heard'`).run()
    const state = database.prepare('SELECT state, reason FROM runs')
    await expect.poll(() => state.get(), { timeout: 5000 }).toEqual({ state: 'running', reason: null })
    database.close()
    await writer.finish('finished')
  })

  it('ends a writer whose run another process has taken over', async () => {
    const folder = temporaryFolder()
    let told: Error | undefined
    const writer = await writerIn(folder, 'a', { onError: (error) => (told = error) })
    const database = openDatabase(join(folder, 'runs.db'))
    database.prepare('UPDATE runs SET pid = pid + 1').run()
    await expect.poll(() => told?.message, { timeout: 5000 }).toMatch(/another process has taken this run over/)
    await expect(writer.finish('finished')).rejects.toThrow(/another process has taken this run over/)
    expect(database.prepare('SELECT state FROM runs').pluck().get()).toBe('running')
    database.close()
  })

  it('is queued until its process begins, and settled by the study where that could not', () => {
    const path = join(temporaryFolder(), 'runs.db')
    enqueueRuns(path, [identity('a'), identity('b')])
    settleRun(path, identity('b'), undefined, 'failed', 'could not be started')
    const reader = openReader(path)
    expect(reader.runs().map(({ id, state, reason }) => [id, state, reason])).toEqual([
      ['b', 'failed', 'could not be started'],
      ['a', 'queued', null],
    ])
    reader.close()
  })
})
