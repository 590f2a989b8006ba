import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { chosenRuns, pruneRun, type PruneChoice } from '../../../src/recipes/prune-runs.ts'
import { hideRun, setBaseline, tagRun } from '../../../src/tracking/amend.ts'
import { enqueueRuns } from '../../../src/tracking/claim.ts'
import type { Entry } from '../../../src/tracking/entries.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import { rebuildDatabase } from '../../../src/tracking/rebuild.ts'
import { dump } from '../../fixtures/tracking/dump.ts'
import { identity, writerProcess } from '../../fixtures/tracking/processes.ts'
import { recordRun } from '../../fixtures/tracking/record-run.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

let runs: string
let database: string

beforeEach(() => {
  runs = temporaryFolder()
  database = join(runs, 'runs.db')
  vi.stubEnv('CAPTUNE_RUNS', runs)
})
afterEach(() => vi.unstubAllEnvs())

/** A run that ended `daysAgo`, with a thousand bytes in its folder beside the journal. */
function ended(id: string, state: 'finished' | 'failed' | 'crashed' = 'finished', daysAgo = 0): void {
  const at = Date.now() - daysAgo * 86_400_000
  const entries: Entry[] = [
    { entry: 'metric', name: 'train/loss', step: 1, value: 1, at },
    { entry: 'log', level: 'info', text: 'hello', at },
    { entry: 'end', state, reason: null, at },
  ]
  recordRun(runs, identity(id), undefined, entries)
  mkdirSync(join(runs, id, 'scores'))
  writeFileSync(join(runs, id, 'scores', 'val.csv'), 'x'.repeat(1000))
}

function choice(which: Partial<PruneChoice>): Record<string, string | undefined> {
  const reader = openReader(database)
  const chosen = chosenRuns(reader, { named: [], ...which })
  reader.close()
  for (const { bytes } of chosen) expect(bytes).toBeGreaterThan(1000)
  return Object.fromEntries(chosen.map(({ run, keep }) => [run.id, keep]))
}

describe('runs that are to be deleted', () => {
  it('are those for which everything holds that was given', () => {
    ended('old', 'finished', 10)
    ended('old-failed', 'failed', 10)
    ended('failed', 'failed')
    ended('crashed', 'crashed')
    ended('hidden')
    hideRun(database, 'hidden')
    expect(Object.keys(choice({ older: 9.5 }))).toEqual(['old', 'old-failed'])
    expect(Object.keys(choice({ failed: true }))).toEqual(['old-failed', 'failed', 'crashed'])
    expect(Object.keys(choice({ failed: true, older: 9.5 }))).toEqual(['old-failed'])
    expect(Object.keys(choice({ hidden: true }))).toEqual(['hidden'])
    expect(Object.keys(choice({ named: ['old', 'hidden'] }))).toEqual(['old', 'hidden'])
    expect(() => choice({})).toThrow('captune runs prune: nothing was chosen; name runs, --hidden, --failed or --older DAYS.')
    expect(() => choice({ named: ['nobody'] })).toThrow(/there is no such run/)
  })

  it('are neither baselines nor final unless they are named, and never under way', async () => {
    for (const id of ['base', 'kept', 'other', 'parent']) ended(id, 'finished', 3)
    setBaseline(database, 'base')
    tagRun(database, 'kept', 'final')
    enqueueRuns(database, [{ ...identity('child'), kind: 'decode', parent: 'parent' }])
    const { child, ready, ended: over } = writerProcess({ database, folder: join(runs, 'running'), run: identity('running') })
    await ready
    const [base, kept] = ['it is the baseline of shapes', 'it is tagged "final"']
    const needed = 'child, which is queued, needs it'
    expect(choice({ older: 1 })).toEqual({ base, kept, other: undefined, parent: needed })
    expect(choice({ named: ['base', 'kept', 'parent', 'other'] })).toEqual({ base: undefined, kept: undefined, other: undefined, parent: needed }) // prettier-ignore
    const reader = openReader(database)
    expect(chosenRuns(reader, { named: ['running', 'child'] }).map(({ keep }) => keep)).toEqual(['it is queued', 'it is running'])
    reader.close()
    // What was chosen may have begun in the meantime.
    expect(() => pruneRun('running')).toThrow('running is kept: it is running.')
    expect(() => pruneRun('parent')).toThrow('parent is kept: child is queued.')
    expect(existsSync(join(runs, 'running', 'journal.jsonl'))).toBe(true)
    child.kill('SIGKILL')
    await over
  })

  it('leave nothing behind, and what is left is as it was', () => {
    ended('a')
    ended('b')
    pruneRun('a')
    expect(readdirSync(runs).filter((name) => !name.startsWith('runs.db'))).toEqual(['b'])
    const rows = dump(database)
    expect(JSON.stringify(rows)).not.toContain('"a"')
    rebuildDatabase({ from: runs, to: database })
    expect(dump(database)).toEqual(rows)
  })
})
