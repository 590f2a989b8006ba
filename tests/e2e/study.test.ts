import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { captuneHere } from './captune-here.ts'
import { config, startCaptune, temporaryPlace, tiny, tinyWorld } from './captune.ts'
import { reading, rowsOf, segmentsOf, untilStep } from './records.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
let options: string[]

beforeAll(() => {
  options = tiny(tinyWorld(place))
})

/** A study file; its attempts are changes of `configs/shapes/none.yaml`. */
function study(name: string, attempts: Record<string, object>): string {
  const path = join(place, `${name}.yaml`)
  writeFileSync(path, JSON.stringify({ name, kind: 'train', base: config('none'), attempts, metric: 'val/cider' }))
  return path
}

const prefix = { peft: { type: 'prefix', length: 4 } }
const second = { peft: { type: 'prefix', length: 5 } }
const third = { peft: { type: 'prefix', length: 6 } }
const adapter = { peft: { type: 'adapter', bottleneck: 8 } }

describe('captune study', () => {
  let file: string
  const command = (...more: string[]) => captuneHere(['study', file, ...options, ...more], { runs })

  beforeAll(() => {
    file = study('pair', { none: {}, prefix })
  })

  it('tells with --dry-run what would be trained, and trains nothing', async () => {
    const { code, stdout } = await command('--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /\nnone +1 +pair-none-s1-[0-9a-f]{8} +missing\nprefix +1 +pair-prefix-s1-[0-9a-f]{8} +missing\n2 of 2 runs to train/,
    )
    expect(rowsOf(runs)).toEqual([])
  })

  it('trains every attempt and prints the table', async () => {
    const { code, stdout, stderr } = await command()
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /\nnone +none +265 216 .* finished\nprefix +prefix 4 +269 312 .* finished\nScored once on all 12 validation images/,
    )
    expect(stderr).toContain('none s1: finished\n')
    expect(rowsOf(runs)).toMatchObject([
      { attempt: 'none', state: 'finished' },
      { attempt: 'prefix', state: 'finished' },
    ])
  })

  it('finds everything done when run again', async () => {
    const before = rowsOf(runs)
    const { code, stdout } = await command()
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nnone .* finished\nprefix .* finished\n/)
    expect(rowsOf(runs)).toEqual(before)
    expect((await command('--dry-run')).stdout).toMatch(/done\n.*done\nEverything is done\./)
  })
})

describe('a study with a run that fails', () => {
  let file: string
  const command = (...more: string[]) => captuneHere(['study', file, ...options, ...more], { runs })
  const segments = (attempt: string) => segmentsOf(runs)[rowsOf(runs).find((row) => row.attempt === attempt)!.id]

  /** A checkpoint of the other study lies where the adapter's should be. */
  beforeAll(async () => {
    file = study('flawed', { adapter, prefix, second })
    const { stdout } = await command('--dry-run')
    const broken = join(runs, /flawed-adapter-\S+/.exec(stdout)![0])
    const other = rowsOf(runs).find(({ id }) => id.startsWith('pair-none'))!.id
    mkdirSync(broken, { recursive: true })
    cpSync(join(runs, other, 'last.safetensors'), join(broken, 'last.safetensors'))
  })

  it('keeps the reason, finishes the others and exits with 3; what another study finished is done', async () => {
    const { code, stdout, stderr } = await command()
    expect(code).toBe(3)
    expect(stderr).toMatch(/1 of 3 runs did not finish; their logs are .*flawed-adapter-.*log\.txt\n$/)
    expect(stdout).toMatch(
      /\nadapter .* failed: .*last\.safetensors: the file belongs to the config with hash .*\nprefix .* finished\nsecond .* finished\n/,
    )
    const rows = rowsOf(runs).filter((row) => row.study === 'flawed')
    expect(rows).toMatchObject([
      { attempt: 'adapter', state: 'failed' },
      { attempt: 'second', state: 'finished' },
    ])
    expect(rows[0]?.reason).toContain('remove the file to train from the beginning')
  })

  it('executes the failed one alone when run again, as often as --retry allows', async () => {
    const [before, others] = [segments('adapter')!, rowsOf(runs).filter(({ attempt }) => attempt !== 'adapter')]
    expect(await command('--retry', '1')).toMatchObject({ code: 3 })
    expect(segments('adapter')).toBe(before + 2)
    expect(rowsOf(runs).filter(({ attempt }) => attempt !== 'adapter')).toEqual(others)
  })

  it('stops everything at the first failure with --fail-fast', async () => {
    file = study('hasty', { adapter, third })
    const { stdout } = await command('--dry-run')
    const broken = join(runs, /hasty-adapter-\S+/.exec(stdout)![0])
    mkdirSync(broken, { recursive: true })
    writeFileSync(join(broken, 'last.safetensors'), '')
    const { code, stderr } = await command('--fail-fast')
    expect(code).toBe(3)
    expect(stderr).toContain('third s1: skipped: the study was stopped before this run began')
    expect(rowsOf(runs).find(({ attempt }) => attempt === 'third')).toMatchObject({ state: 'stopped' })
  })

  it('goes on where the failure has been mended', async () => {
    file = study('flawed', { adapter, prefix })
    const { id } = rowsOf(runs).find(({ study: of, attempt }) => of === 'flawed' && attempt === 'adapter')!
    rmSync(join(runs, id, 'last.safetensors'))
    expect(await command()).toMatchObject({ code: 0 })
    expect(reading(runs, (reader) => reader.run(id))).toMatchObject({ state: 'finished', reason: null })
  })
})

describe('a study from the command line', () => {
  it('makes a run of every value, stops at Ctrl-C with 130, and two at a time end in one table', async () => {
    const place2 = join(place, 'grid')
    const grid = ['study', config('lora'), ...options, 'train.images=2', 'peft.rank=1', 'seed=1,2', '--jobs', '2']
    const running = startCaptune(grid, { runs: place2 })
    await untilStep(place2, 1)
    running.signal('SIGINT')
    expect(await running.ended).toMatchObject({ code: 130 })
    const states = new Set(rowsOf(place2).map(({ state }) => state))
    expect([...states]).not.toContain('running')
    expect([...states]).not.toContain('crashed')

    const { code, stdout } = await captuneHere(grid, { runs: place2 })
    expect(code).toBe(0)
    expect(stdout.match(/ finished\n/g)).toHaveLength(2)
    expect(rowsOf(place2).map(({ state }) => state)).toEqual(['finished', 'finished'])
  })
})
