import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/tracking/database.ts'
import { captuneHere } from './captune-here.ts'
import { captune, config, startCaptune, temporaryPlace, tiny, tinyWorld, type Ended } from './captune.ts'
import { outcomeOf, reading, rowsOf, segmentsOf, theRun, untilStep } from './records.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
let train: string[]
let first: Ended

/** Two epochs of sixteen steps: enough to be interrupted in the middle. */
beforeAll(async () => {
  train = ['train', config('lora'), ...tiny(tinyWorld(place), 'train.epochs=2', 'train.images=2', 'peft.rank=2')]
  first = await captune(train, { runs })
})

/** An empty folder of runs that has the features already. */
function fresh(name: string): string {
  const folder = join(place, name)
  mkdirSync(folder)
  cpSync(join(runs, 'features'), join(folder, 'features'), { recursive: true })
  return folder
}

describe('captune train', () => {
  it('trains, scores and prints one row', () => {
    expect(first).toMatchObject({ code: 0 })
    expect(first.stdout).toMatch(/^attempt +PEFT +trained +% +CIDEr +CLIPScore +epoch +loss +time +captions\/s +state\n/)
    expect(first.stdout).toMatch(
      /\nlora-r8 +lora rank 2, alpha 16, c_attn +269 312 +\d+\.\d +\d\.\d{3} +\d\.\d{3} +[12] +\d\.\d{3} .* finished\n/,
    )
    expect(first.stderr).toContain('epoch 2/2: 16/16 steps')
  })

  it('leaves folder and record as they are agreed on', () => {
    const { id, state, study } = theRun(runs)
    expect([state, study]).toEqual(['finished', 'single'])
    expect(id).toMatch(/^single-lora-r8-s1-[0-9a-f]{8}$/)
    const kept = reading(runs, (reader) => ({
      metrics: [...reader.summaries(id).keys()],
      artifacts: reader.artifacts(id).map(({ path }) => path),
      samples: reader.samples(id, 'val').length,
    }))
    expect(kept.metrics).toEqual(
      expect.arrayContaining(['train/loss', 'train/lr', 'epoch', 'subset/cider', 'val/cider', 'val/clipscore']),
    )
    expect(kept.artifacts.sort()).toEqual(['best.safetensors', 'predictions/val.json', 'scores/val.csv'])
    expect(kept.samples).toBe(12)
  })

  it('finds the run finished, from any folder and under any name, and trains nothing', async () => {
    const again = await captuneHere([...train, 'name=other', 'engine.threads=2'], { runs, cwd: place })
    expect(again.code).toBe(0)
    expect(again.stderr).toBe(`Finished before, as ${theRun(runs).id}; nothing to do.\n`)
    expect(again.stdout).toMatch(/\nlora-r8 .* finished\n$/)
    expect(segmentsOf(runs)).toEqual({ [theRun(runs).id]: 1 })
  })

  it('tells where the time of a step goes, and records nothing', async () => {
    const elsewhere = join(place, 'profiled')
    const { code, stdout } = await captuneHere([...train, '--profile', '2'], { runs: elsewhere })
    expect(code).toBe(0)
    expect(stdout).toMatch(/ forward > .*\n(.*\n)*A step takes .* \(mean of 2\): .* in onnx /)
    expect(readFileSync(join(elsewhere, 'profiles/lora-r8/operations.csv'), 'utf8')).toMatch(/,gradient > /)
    expect(readFileSync(join(elsewhere, 'profiles/lora-r8/flames.svg'), 'utf8')).toMatch(/<title>selfAttention: /)
    expect(existsSync(join(elsewhere, 'runs.db'))).toBe(false)

    const wasm = await captuneHere([...train, '--profile', 'engine.name=wasm'], { runs: elsewhere })
    expect([wasm.code, wasm.stderr]).toEqual([2, expect.stringMatching(/^.*--profile: .*\n$/)])
  })

  it('gives the same numbers and the same bytes for the same seed', async () => {
    const elsewhere = join(place, 'same-seed')
    expect(await captuneHere(train, { runs: elsewhere })).toMatchObject({ code: 0 })
    const { id } = theRun(runs)
    expect(outcomeOf(elsewhere, id)).toEqual(outcomeOf(runs, id))
  })

  it('saves and stops at Ctrl-C, and goes on to the same bytes as if nothing had happened', async () => {
    const stopped = fresh('stopped')
    const running = startCaptune(train, { runs: stopped })
    await untilStep(stopped, 3)
    running.signal('SIGINT')
    const { code, stderr } = await running.ended
    expect(code).toBe(130)
    expect(stderr).toMatch(/stopped after step \d+ of 32; the same command continues from there\.\n$/)
    const { id, state, reason } = theRun(stopped)
    expect(state).toBe('stopped')
    expect(reason).toMatch(/^stopped after step \d+ of 32/)

    expect(await captuneHere(train, { runs: stopped })).toMatchObject({ code: 0 })
    expect(theRun(stopped)).toMatchObject({ id, state: 'finished', reason: null })
    expect(segmentsOf(stopped)).toEqual({ [id]: 2 })
    expect(outcomeOf(stopped, id)).toEqual(outcomeOf(runs, id))
  })

  it('is known as crashed when it was killed, and resumes to the same bytes', async () => {
    const killed = fresh('killed')
    const running = startCaptune(train, { runs: killed })
    await untilStep(killed, 18) // the last checkpoint is that of step 16
    running.signal('SIGKILL')
    expect(await running.ended).toMatchObject({ code: null })
    const { id, state, reason } = theRun(killed)
    expect(state).toBe('crashed')
    expect(reason).toContain('is gone')
    expect((await captuneHere(['runs'], { runs: killed })).stdout).toContain('crashed: its process')

    expect(await captuneHere(train, { runs: killed })).toMatchObject({ code: 0 })
    expect(theRun(killed)).toMatchObject({ state: 'finished', reason: null })
    expect(reading(killed, (reader) => reader.segments(id).map(({ from_step }) => from_step))).toEqual([-1, 16])
    expect(outcomeOf(killed, id)).toEqual(outcomeOf(runs, id))
  })

  it('was the database busy when it was killed, nothing is missing that its checkpoint stands behind', async () => {
    const killed = fresh('killed-unwritten')
    const running = startCaptune(train, { runs: killed })
    await untilStep(killed, 12)
    const other = openDatabase(join(killed, 'runs.db'))
    other.exec('BEGIN IMMEDIATE')
    await after(2000) // beyond the end of the epoch, where it saves; the journal tells no more while its thread waits
    running.signal('SIGKILL')
    await running.ended
    other.exec('ROLLBACK')
    other.close()

    expect(await captuneHere(train, { runs: killed })).toMatchObject({ code: 0 })
    expect(outcomeOf(killed, theRun(runs).id)).toEqual(outcomeOf(runs, theRun(runs).id))
  })

  it('refuses a second process on one run and leaves the first alone', async () => {
    const shared = fresh('shared')
    const long = [...train, 'train.epochs=500', 'train.patience=0']
    const one = startCaptune(long, { runs: shared })
    await untilStep(shared, 1)
    const two = await captune(long, { runs: shared })
    expect(two.stderr).toMatch(
      /single-lora-r8-s1-[0-9a-f]{8}: process \d+ on .* is writing this run; wait for it to end, or stop it first\.\n$/,
    )
    expect(two.code).toBe(2)
    one.signal('SIGINT')
    expect(await one.ended).toMatchObject({ code: 130 })
    expect(rowsOf(shared)).toMatchObject([{ state: 'stopped' }])
  })
})
