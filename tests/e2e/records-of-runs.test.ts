import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromRoot, sha256 } from '../../src/base/files.ts'
import { openReader } from '../../src/tracking/reader.ts'
import { dump } from '../fixtures/tracking/dump.ts'
import { identity, writerProcess } from '../fixtures/tracking/processes.ts'
import { recordRun } from '../fixtures/tracking/record-run.ts'
import { captuneHere } from './captune-here.ts'
import { temporaryPlace, tiny, tinyWorld, type Ended } from './captune.ts'
import { bash, checkout } from './checkout.ts'
import { theRun } from './records.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
const command = (...args: string[]): Promise<Ended> => captuneHere(args, { runs, cwd: place })

/** A finished run that nothing was computed for. */
function record(id: string, folder = runs): void {
  recordRun(folder, identity(id), undefined, [
    { entry: 'metric', name: 'val/cider', step: 1, value: 1, at: 1 },
    { entry: 'end', state: 'finished', reason: null, at: Date.now() },
  ])
}

describe('captune runs', () => {
  it('hides, shows, tags, renames and notes; the table and the journal know', async () => {
    record('one')
    record('two')
    expect(await command('runs', 'hide', 'one', 'two')).toMatchObject({
      code: 0,
      stdout: 'one is hidden; `captune runs show one` puts it back.\ntwo is hidden; `captune runs show two` puts it back.\n',
    })
    await command('runs', 'show', 'one')
    expect((await command('runs', '--csv')).stdout).toMatch(/\r\none,/)
    expect((await command('runs', 'tag', 'shapes/one', 'final', 'good')).stdout).toBe('one is tagged final, good.\n')
    expect((await command('runs', 'note', 'one', 'the', 'loss', 'jumps')).stdout).toMatch(/^20..-..-..T..:..  the loss jumps\n$/)
    expect((await command('runs', 'rename', 'one', 'The first')).stdout).toBe('one is now called The first.\n')
    expect((await command('runs', 'baseline', 'one')).stdout).toBe('one is the baseline of shapes.\n')
    expect(readFileSync(join(runs, 'one/journal.jsonl'), 'utf8')).toContain('{"entry":"note","text":"the loss jumps"')
  })

  it('stops a run that is under way, and refuses one that is not', async () => {
    const { ready, ended } = writerProcess({ database: join(runs, 'runs.db'), folder: join(runs, 'busy'), run: identity('busy') })
    await ready
    expect((await command('runs', 'stop', 'busy')).code).toBe(0)
    expect((await ended).code).toBe(0)
    expect(await command('runs', 'stop', 'busy')).toMatchObject({
      code: 2,
      stderr: 'busy: is stopped; only a run under way can be stopped.\n',
    })
  })

  it('deletes what is chosen, says how much that freed and what it kept', async () => {
    writeFileSync(join(runs, 'two', 'best.safetensors'), Buffer.alloc(5_000_000))
    expect((await command('runs', 'prune', '--hidden', '--dry-run')).stdout).toBe(
      'would delete two (finished, hidden, 5.0 MB)\n5.0 MB would be freed\n',
    )
    expect((await command('runs', 'prune', '--hidden')).stdout).toBe('deleted two (finished, hidden, 5.0 MB)\n5.0 MB freed\n')
    expect(await command('runs', 'prune', '--older', '0')).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^deleted busy \(stopped, [\d.]+ kB\)\n[\d.]+ kB freed\n$/) as string,
      stderr: 'one is kept: it is the baseline of shapes.\n',
    })
    expect((await command('runs', 'prune')).code).toBe(2)
  })
})

describe('captune db', () => {
  it('rebuilds the database, keeps the old one and says what was damaged', async () => {
    const before = dump(join(runs, 'runs.db'))
    expect(await command('db', 'rebuild')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^runs\/runs\.db: 1 runs, 1 points\.\nWhat was there before is runs\/runs\.db\.20\S+\.backup\.\n$/) as string, // prettier-ignore
      stderr: '',
    })
    expect(dump(join(runs, 'runs.db'))).toEqual(before)
    appendFileSync(join(runs, 'one/journal.jsonl'), '{"entry":"metr')
    mkdirSync(join(runs, 'lost'))
    writeFileSync(join(runs, 'lost/config.yaml'), 'seed: 1\n')
    const { stderr } = await command('db', 'rebuild', '--to', 'other.db')
    const line = readFileSync(join(runs, 'one/journal.jsonl'), 'utf8').split('\n').length
    expect(stderr).toBe(
      `Warning: one: line ${line} of its journal is damaged and passed over.\nWarning: runs/lost is left out: it has no journal.jsonl.\n`,
    )
    expect({ ...dump(join(place, 'other.db')) }).toEqual(before)
  })

  it('merges another database, names what differs, and adds nothing twice', async () => {
    const there = join(place, 'there')
    record('three', there)
    record('one', there)
    const first = await command('db', 'merge', join(there, 'runs.db'))
    expect(first).toMatchObject({
      code: 3,
      stdout: 'added three\n1 new run; 0 as they were.\n',
      stderr: expect.stringMatching(/^one stays as it is here: it was begun there by another process, on \S+ at 20\S+\.\n$/) as string, // prettier-ignore
    })
    expect((await command('db', 'merge', join(there, 'runs.db'))).stdout).toBe('0 new runs; 1 as they were.\n')
    expect((await command('db', 'rebuild')).stderr).toMatch(
      /three had no folder and left the database; `captune db merge runs\/runs\.db\.20\S+\.backup` puts that back\.\n/,
    )
  })
})

const hasGit = spawnSync('git', ['--version']).status === 0

describe.skipIf(!hasGit)('captune runs repro (skipped without git)', () => {
  const origin = join(place, 'origin')
  const own = join(origin, 'runs')
  const again = join(place, 'again')
  const captions = join(origin, 'data/mine/p2_data/val.json')
  const environment = { ...process.env, CAPTUNE_RUNS: '' }
  const inside = (folder: string, line: string) => bash('-c', [line], { cwd: folder, env: environment })

  function git(...args: string[]): void {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org']
    const { status, stderr } = spawnSync('git', ['-C', origin, ...who, ...args], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }

  /** A run that was trained in a checkout with changes that were not committed. */
  beforeAll(async () => {
    const world = tinyWorld(place)
    mkdirSync(origin)
    checkout(origin)
    writeFileSync(join(origin, '.gitignore'), 'node_modules\ndist\nruns\ndata\n')
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '--message', 'as it was')
    writeFileSync(join(origin, 'configs/mine.yaml'), readFileSync(join(origin, 'configs/shapes/lora.yaml'), 'utf8'))
    appendFileSync(join(origin, 'captune'), '# a change that nobody committed\n')
    mkdirSync(join(origin, 'data'))
    renameSync(world, join(origin, 'data/mine'))
    const options = tiny(join(origin, 'data/mine'), 'peft.rank=4').join(' ')
    const { code, stderr } = await inside(origin, `./captune train configs/mine.yaml ${options} --study tiny --attempt low`)
    if (code !== 0) throw new Error(stderr)
  })

  it('prints the commands, the changes, the configuration and what differs here', async () => {
    const { id } = theRun(own)
    const { stdout } = await inside(origin, './captune runs repro tiny/low')
    expect(stdout).toMatch(
      /^# tiny-low-s1-\w+: train, seed 1, finished, begun 20\S+Z\n# code: commit \w{40}, uncommitted changes in 2 files\n/,
    )
    expect(stdout).toContain(`# begun by: captune train configs/mine.yaml data.root=`)
    expect(stdout).toContain(`\ngit worktree add --detach ../${id} `)
    expect(stdout).toContain(`\n./captune train ${id}.yaml --study tiny --attempt low\n`)
    expect(stdout).toMatch(/\n# The same here: .*data\.fingerprint.*, engine\.chosen, .*node\.version\.\n$/)
    expect((await inside(origin, './captune runs repro tiny/low --print diff')).stdout).toContain(
      '+# a change that nobody committed\n',
    )
    appendFileSync(captions, ' ')
    expect((await inside(origin, './captune runs repro tiny/low')).stdout).toMatch(/\n# Another here: data\.fingerprint was \w{12} and is \w{12}\.\n$/) // prettier-ignore
  })

  it('prepares a checkout in which the run comes out the same, to the last bit', async () => {
    const { id } = theRun(own)
    writeFileSync(captions, readFileSync(captions, 'utf8').slice(0, -1))
    writeFileSync(join(origin, 'captune'), readFileSync(fromRoot('captune'))) // the change is gone here
    const { code, stdout } = await inside(origin, './captune runs repro tiny/low --to ../again')
    expect(code).toBe(0)
    expect(stdout).toContain(`# ${again} is ready. These paths stay in this checkout: data/mine.\ncd ../again && npm ci\n`)
    expect(readFileSync(join(again, 'captune'), 'utf8')).toContain('# a change that nobody committed')
    // What `npm ci` would do.
    symlinkSync(fromRoot('node_modules'), join(again, 'node_modules'))
    cpSync(join(origin, 'dist'), join(again, 'dist'), { recursive: true })
    const [commandLine] = /^\.\/captune train .*$/m.exec(stdout)!
    expect((await inside(again, commandLine)).stderr).not.toContain('rror')
    expect(theRun(join(again, 'runs')).id).toBe(id)
    const trained = (folder: string) => sha256(readFileSync(join(folder, 'runs', id, 'best.safetensors')))
    expect(trained(again)).toBe(trained(origin))
    const scores = [own, join(again, 'runs')].map((folder) => {
      const reader = openReader(join(folder, 'runs.db'))
      const score = reader.summaries(id).get('val/cider')?.last
      reader.close()
      return score
    })
    expect(scores[1]).toBe(scores[0])
  })
})
