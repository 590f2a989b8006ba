// The dashboard as a user has it: the launcher in a terminal, keys typed, the screen read.
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeSyntheticRuns } from '../../bench/synthetic-runs.ts'
import { decodeRgb } from '../../src/images/decode.ts'
import { openReader } from '../../src/tracking/reader.ts'
import { identity } from '../fixtures/tracking/processes.ts'
import { writerIn } from '../fixtures/tracking/temporary.ts'
import { captune, temporaryPlace } from './captune.ts'
import { reading } from './records.ts'
import { hasTmux, terminal, type TerminalOptions } from './terminal.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
const inTerminal = it.skipIf(!hasTmux)
const why = hasTmux ? '' : ' (skipped: there is no tmux)'

const dashboard = (folder = runs, options: TerminalOptions = {}) =>
  terminal(['dashboard'], { ...options, environment: { CAPTUNE_RUNS: folder, ...options.environment } })

beforeAll(() => writeSyntheticRuns(join(runs, 'runs.db'), { runs: 40, seed: 1, points: 20, images: 50, captioned: 40 }))

describe(`captune dashboard in a terminal${why}`, () => {
  inTerminal('opens on the comparison, with verdicts, and leaves the terminal as it was, also where CI is set', async () => {
    const { until, press } = dashboard(runs, { environment: { CI: 'true' } })
    const screen = await until(/95 % +[+-]\d/)
    expect(screen).toMatch(/^ 1 Compare {2}2 Runs .* 40 runs\n +none-\d s\d ◆ +lora-\d s\d +adapter-\d s\d +prefix-\d/)
    expect(screen).toMatch(/\nCIDEr +0\.\d{3} +0\.\d{3}.*\*/)
    press('q')
    expect(await until(/left with/)).toBe('left with 0')
  })

  inTerminal('filters, sorts, picks and compares what was picked', async () => {
    const { until, press, type } = dashboard()
    await until(/CIDEr/)
    press('2')
    await until(/40 of 40 runs/)
    type('/peft:lora rank>=8')
    await until(/5 of 40 runs · filter: peft:lora rank>=8/)
    press('Enter', 'Right', 'Right', 'Right', ']')
    await until(/by CIDEr down/)
    press('Space', 'Space')
    await until(/2 picked/)
    press('*')
    expect(await until(/against ◆/)).toMatch(/\n +lora-8 s\d +lora-8 s\d\n/)
  })

  inTerminal('tags and renames a run, and takes it back', async () => {
    const { until, press, type } = dashboard()
    await until(/CIDEr/)
    press('2')
    await until(/40 of 40/)
    type('tfinal')
    press('Enter')
    await until(/tags: final/)
    press('u')
    await until(/Took the tag off/)
    type('R')
    press('C-u')
    type('the best 模型')
    press('Enter')
    await until(/is now called the best 模型/)
    expect(reading(runs, (reader) => reader.runs()[0]!.name)).toBe('the best 模型')
    press('u')
    await until(/is now called study-/)
  })

  inTerminal('writes the view to a file in the format of its ending, charts as pictures', async () => {
    const { until, press, type } = dashboard()
    await until(/95 % +[+-]\d/)
    press('C-s', 'C-u')
    type(join(place, 'compare.tex'))
    press('Enter')
    await until(/Wrote .*compare\.tex\./)
    expect(readFileSync(join(place, 'compare.tex'), 'utf8')).toMatch(/^\\begin\{tabular\}[^]*\\textbf\{0\.\d{3}\}/)
    press('3')
    await until(/train\/loss/)
    press('C-s', 'C-u')
    type(join(place, 'curves.png'))
    press('Enter')
    await until(/Wrote .*curves\.png\./)
    const picture = await decodeRgb(join(place, 'curves.png'))
    expect([picture.width, new Set(picture.data).size > 20]).toEqual([2400, true])
  })

  inTerminal('shows help, follows the size of the terminal and says when it is too small', async () => {
    const { until, press, resize } = dashboard()
    await until(/CIDEr/)
    press('?')
    await until(/Everywhere/)
    press('Escape')
    await until(/CIDEr/)
    resize(50, 20)
    await until(/This terminal has 50 x 20; 60 x 12 are needed\./)
    resize(80, 24)
    expect((await until(/CIDEr/)).split('\n')[0]).toMatch(/^ 1 Compare .* 40 runs$/)
  })

  inTerminal('has no colour where NO_COLOR is set, and colours otherwise', async () => {
    const plain = dashboard(runs, { environment: { NO_COLOR: '1' } })
    await plain.until(/95 % +[+-]\d/)
    expect(plain.styled()).not.toMatch(/\u001b\[(?:\d+;)*[34][0-8][;m]/)
    const coloured = dashboard()
    await coloured.until(/95 % +[+-]\d/)
    expect(coloured.styled()).toMatch(/\u001b\[3\dm/)
  })

  inTerminal('greets who has no runs, shows the first one live and survives that the database goes', async () => {
    const folder = join(place, 'new')
    const { until, press } = dashboard(folder)
    await until(/No runs yet\.[^]*captune study experiments\/shapes\/study\.yaml/)
    press('2')
    const writer = await writerIn(folder, 'live', { run: { ...identity('live'), id: 'live-run' } })
    writer.metric('train/loss', 1, 2)
    await until(/live s1 shapes +running/)
    await writer.finish('failed', 'train/loss is NaN')
    await until(/live s1 shapes +failed[^]*failed: train\/loss is NaN/)
    renameSync(join(folder, 'runs.db'), join(folder, 'away.db'))
    await until(/live s1[^]*the database is gone/)
    renameSync(join(folder, 'away.db'), join(folder, 'runs.db'))
    await until(/ 1 run\n[^]*live s1[^]*\n\? help/)
  })
})

describe('without a terminal', () => {
  it('captune dashboard prints the comparison and ends', async () => {
    const { code, stdout, stderr } = await captune(['dashboard', 'study-0'], { runs })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^ +none-\d s\d +lora-\d s\d +adapter-\d s\d +prefix-\d s\d\n─/)
    expect(stdout).toMatch(/\nCIDEr against the baseline +baseline +[+-]0\.\d{3} (?:better|open|worse)/)
    expect((await captune(['dashboard'], { runs: join(place, 'nothing') })).stdout).toMatch(/^No runs yet\./)
    expect((await captune(['dashboard', 'mine'], { runs })).stdout).toBe(
      'No runs of the study mine yet; there are runs of study-0.\n',
    )
  })

  it('captune runs compare prints the runs that are named, in any format', async () => {
    const reader = openReader(join(runs, 'runs.db'))
    const [first, second] = reader.runs()
    reader.close()
    const { stdout } = await captune(['runs', 'compare', first!.id, second!.id, '--format', 'csv'], { runs })
    expect(stdout.split('\r\n')[0]).toBe(`,${first!.attempt},${second!.attempt}`)
    expect(await captune(['runs', 'compare', 'nobody'], { runs })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('RUN "nobody": there is no such run') as string,
    })
  })
})
