import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Progress } from '../../../src/base/progress.ts'
import { planCells, runIdOf, type Cell } from '../../../src/runner/cells.ts'
import { runCells, type StudyOptions } from '../../../src/runner/study.ts'
import { hideRun } from '../../../src/tracking/amend.ts'
import { startOf } from '../../../src/base/process-identity.ts'
import { openReader, type Reader } from '../../../src/tracking/reader.ts'
import { typescript, writerProcess } from '../../fixtures/tracking/processes.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

const script = fileURLToPath(new URL('../../fixtures/runner/child.mjs', import.meta.url))

/** A cell whose child behaves as `manner` says. */
function cell(folder: string, manner: string, id = manner): Cell {
  return {
    study: 'shapes',
    attempt: id,
    seed: 1,
    kind: 'train',
    hash: `hash of ${id}`,
    runId: id,
    arguments: [manner, id, folder],
  }
}

function execute(folder: string, cells: readonly Cell[], more: Partial<StudyOptions> = {}) {
  const database = join(folder, 'runs.db')
  const spawn = { node: process.execPath, script }
  return runCells(
    reading(folder, (reader) => planCells(cells, reader)),
    { database, runs: folder, spawn, jobs: 1, ...more },
  )
}

function reading<T>(folder: string, read: (reader: Reader) => T): T {
  const reader = openReader(join(folder, 'runs.db'))
  try {
    return read(reader)
  } finally {
    reader.close()
  }
}

describe('the plan of a study', () => {
  it('knows what is done, running, failed and missing', async () => {
    const folder = temporaryFolder()
    await (await writerIn(folder, 'done')).finish('finished')
    await (await writerIn(folder, 'failed')).finish('failed', 'NaN')
    await (await writerIn(folder, 'stopped')).finish('stopped')
    await (await writerIn(folder, 'hidden')).finish('finished')
    hideRun(join(folder, 'runs.db'), 'hidden')
    const task = { database: join(folder, 'runs.db'), folder: join(folder, 'running') }
    const running = writerProcess({ ...task, run: { ...cell(folder, 'running'), id: 'running', config_hash: 'hash of running' } })
    const killed = writerProcess({ ...task, run: { ...cell(folder, 'killed'), id: 'killed', config_hash: 'hash of killed' } })
    await Promise.all([running.ready, killed.ready])
    killed.child.kill('SIGKILL')
    await killed.ended
    const ids = ['done', 'failed', 'stopped', 'hidden', 'running', 'killed', 'new']
    const cells = [...ids.map((id) => cell(folder, id)), { ...cell(folder, 'done'), runId: 'another-study-done-s1' }]
    const plan = reading(folder, (reader) => planCells(cells, reader))
    running.child.kill('SIGKILL')
    await running.ended
    expect(plan.map(({ status, run }) => [status, run?.id])).toEqual([
      ['done', 'done'],
      ['failed', 'failed'],
      ['missing', 'stopped'],
      ['missing', undefined],
      ['running', 'running'],
      ['failed', 'killed'],
      ['missing', undefined],
      ['done', 'done'],
    ])
  })

  it('names folders that any file system takes', () => {
    expect(runIdOf({ study: 'shapes', attempt: 'lora', seed: 1, hash: '0123456789abcdef' })).toBe('shapes-lora-s1-01234567')
    expect(runIdOf({ study: '../x y', attempt: 'peft.rank=4', seed: 2, hash: '0123456789' })).toBe('x-y-peft.rank-4-s2-01234567')
  })
})

describe('a study that runs', () => {
  it('executes what is missing with progress and threads shared, and nothing when run again', async () => {
    const folder = temporaryFolder()
    const cells = ['a', 'b', 'c'].map((id) => cell(folder, 'train', id))
    const progress: [string, Progress][] = []
    const report = (of: Cell, what: Progress) => progress.push([of.runId, what])
    const outcomes = await execute(folder, cells, { jobs: 2, threads: 4, report })
    expect(outcomes.map(({ state, tries }) => [state, tries])).toEqual(cells.map(() => ['finished', 1]))
    for (const id of ['a', 'b', 'c'])
      expect(progress.findLast(([of]) => of === id)?.[1]).toEqual({ phase: 'epoch 1/1', done: 10, total: 10, unit: 'steps' })
    expect(reading(folder, (reader) => reader.summaries('b').get('train/threads')?.last)).toBe(2)
    const again = await execute(folder, cells)
    expect(again.map(({ state, tries }) => [state, tries])).toEqual(cells.map(() => ['done', 0]))
  })

  it('keeps the reason of each failure and executes the rest', async () => {
    const folder = temporaryFolder()
    const manners = ['fail', 'throw', 'forget-to-finish', 'be-killed', 'train']
    const outcomes = await execute(folder, manners.map((manner) => cell(folder, manner)), { jobs: 2 }) // prettier-ignore
    const expected = [
      ['failed', 'weights.bin: the file is missing.'],
      ['failed', 'TypeError: features is not iterable'],
      ['failed', 'ended without finishing its run: bye'],
      ['crashed', 'killed by SIGKILL, as the system does when memory runs out: allocating 64 GB'],
      ['finished', undefined],
    ]
    expect(outcomes.map(({ state, reason }) => [state, reason])).toEqual(expected)
    const rows = manners.map((id) => reading(folder, (reader) => reader.run(id)))
    expect(rows.map((row) => [row?.state, row?.reason ?? undefined])).toEqual(expected)
    expect(readFileSync(join(folder, 'fail', 'log.txt'), 'utf8')).toBe('loading\nweights.bin: the file is missing.\n')
  })

  it('says that the program could not be started', async () => {
    const folder = temporaryFolder()
    const [outcome] = await execute(folder, [cell(folder, 'train')], { spawn: { node: '/nowhere/node', script } })
    expect(outcome).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('could not be started: spawn /nowhere/node ENOENT'),
    })
  })

  it('tries a failed cell again as often as it is told', async () => {
    const folder = temporaryFolder()
    const outcomes = await execute(folder, [cell(folder, 'fail-once'), cell(folder, 'fail')], { retry: 1 })
    expect(outcomes.map(({ state, tries }) => [state, tries])).toEqual([
      ['finished', 2],
      ['failed', 2],
    ])
  })

  it('with failFast begins nothing after a failure and stops what runs', async () => {
    const folder = temporaryFolder()
    const cells = [cell(folder, 'hang'), cell(folder, 'fail'), cell(folder, 'train')]
    const outcomes = await execute(folder, cells, { failFast: true, jobs: 2 })
    expect(outcomes.map(({ state }) => state)).toEqual(['stopped', 'failed', 'skipped'])
    expect(reading(folder, (reader) => reader.run('train'))).toMatchObject({ state: 'stopped' })
  })

  it('forwards an interruption: processes save and stop, what waits is not begun, and running again continues', async () => {
    const folder = temporaryFolder()
    const cells = [cell(folder, 'train', 'long-1'), cell(folder, 'train', 'short')]
    const interrupt = new AbortController()
    const outcomes = await execute(folder, cells, { signal: interrupt.signal, report: () => interrupt.abort() })
    expect(outcomes.map(({ state, reason }) => [state, reason])).toEqual([
      ['stopped', 'interrupted'],
      ['skipped', 'the study was stopped before this run began'],
    ])
    expect(reading(folder, (reader) => planCells(cells, reader)).map(({ status }) => status)).toEqual(['missing', 'missing'])
    const again = await execute(folder, cells.slice(1))
    expect(again.map(({ state }) => state)).toEqual(['finished'])
  })

  it('leaves no process behind when its own process ends at once (the second Ctrl-C)', async () => {
    const folder = temporaryFolder()
    const study = join(folder, 'study.ts')
    const at = (path: string) => new URL(`../../../src/${path}`, import.meta.url).href
    const wanted = cell(folder, 'ignore-signals')
    writeFileSync(
      study,
      `import { runCells } from '${at('runner/study.ts')}'
       const interrupt = new AbortController()
       process.on('SIGINT', () => (interrupt.signal.aborted ? process.exit(130) : interrupt.abort()))
       void runCells([{ cell: ${JSON.stringify(wanted)}, status: 'missing', run: undefined }], {
         database: ${JSON.stringify(join(folder, 'runs.db'))}, runs: ${JSON.stringify(folder)}, jobs: 1, signal: interrupt.signal,
         spawn: { node: process.execPath, script: ${JSON.stringify(script)} }, report: () => console.log('running'),
       })`,
    )
    const parent = spawn(process.execPath, [...typescript, study], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(parent.stdout, 'data')
    const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim().split(' ').map(Number)
    const ofCell = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('ignore-signals'))
    expect(ofCell).toHaveLength(1)
    parent.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(startOf(ofCell[0]!)).toBeDefined()
    parent.kill('SIGINT')
    expect(await once(parent, 'exit')).toEqual([130, null])
    await expect.poll(() => startOf(ofCell[0]!)).toBeUndefined()
    expect(existsSync(join(folder, 'ignore-signals', 'log.txt'))).toBe(true)
  })

  it('whose process is killed leaves runs that save and stop by themselves', async () => {
    const folder = temporaryFolder()
    const parent = spawn(process.execPath, ['--eval', `
      const child = require('node:child_process').fork(${JSON.stringify(script)}, ['train', 'long-1', ${JSON.stringify(folder)}],
        { execArgv: ${JSON.stringify(typescript)} })
      child.on('message', () => { console.log('running') })`], { stdio: ['ignore', 'pipe', 'inherit'] }) // prettier-ignore
    await once(parent.stdout, 'data')
    parent.kill('SIGKILL')
    await expect.poll(() => reading(folder, (reader) => reader.run('long-1')?.state), { timeout: 10_000 }).toBe('stopped')
  })
})
