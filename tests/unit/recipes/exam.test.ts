import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Engine, Program } from '../../../src/engine/engine.ts'
import { initialise } from '../../../src/nn/initialise.ts'
import { encodeForRun } from '../../../src/recipes/encode.ts'
import { estimate } from '../../../src/recipes/estimate.ts'
import { fileGround, scoreAll } from '../../../src/recipes/evaluate.ts'
import { takeExam } from '../../../src/recipes/exam.ts'
import { readPredictions } from '../../../src/recipes/predictions.ts'
import { fixedSample, readSplit, type Split } from '../../../src/recipes/split.ts'
import { openTask } from '../../../src/recipes/task.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { configOf, oneThread, place, quiet, worldIn } from './small-world.ts'

const folder = place()
const world = worldIn(folder, { train: 2, val: 7, perClass: 1 })
const task = () => openTask(configOf('lora', `data.root=${world}`, 'decode.max_length=6', 'decode.batch=4', 'train.images=2'))

describe('an exam', () => {
  it('scores what it wrote, as anybody would score that file', async () => {
    const { config, parameters } = task()
    const val = readSplit(world, 'val')
    const path = join(folder, 'predictions.json')
    const result = await withEngine(oneThread, async (engine) => {
      const features = await encodeForRun(engine, { config }, { train: readSplit(world, 'train'), val }, quiet)
      const take = (split: Split, predictions: string) =>
        takeExam(engine, task(), engine.hold(initialise(parameters, 1)), { split, features, predictions })
      return { whole: await take(val, path), part: await take(fixedSample(val, 3), join(folder, 'part.json')) }
    })
    const { captions, scores } = result.whole
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(captions)
    expect(Object.keys(captions)).toEqual(val.images.map(({ stem }) => stem))
    for (const [stem, caption] of Object.entries(result.part.captions)) expect(caption).toBe(captions[stem])

    const { clip } = config.evaluate
    const ground = fileGround(join(world, 'p2_data/val.json'), join(world, 'p2_data/images/val'))
    const anybodys = readPredictions(path, Object.keys(captions))
    expect(await scoreAll([anybodys], { ...ground, clip }, {}, quiet.report)).toEqual([scores])
    const { cider, bleu, rougeL } = scores
    expect(await scoreAll([anybodys], ground, {}, quiet.report)).toEqual([{ cider, bleu, rougeL }])
  })
})

/** The engine, counting the programs that are in memory. */
function counting(engine: Engine) {
  const count = { now: 0, most: 0 }
  async function compile(...given: Parameters<Engine['compile']>): Promise<Program> {
    const program = await engine.compile(...given)
    count.most = Math.max(count.most, ++count.now)
    return {
      ...program,
      async dispose() {
        count.now--
        await program.dispose()
      },
    }
  }
  return { engine: { ...engine, compile }, count }
}

describe('an exam beside a training', () => {
  it('has the captioner in memory, then the judge, and leaves nothing there', async () => {
    const { config, parameters } = task()
    const val = readSplit(world, 'val')
    await withEngine(oneThread, async (real) => {
      const features = await encodeForRun(real, { config }, { train: readSplit(world, 'train'), val }, quiet)
      const { engine, count } = counting(real)
      const exam = { split: fixedSample(val, 2), features, predictions: join(folder, 'small.json') }
      await takeExam(engine, task(), engine.hold(initialise(parameters, 1)), exam)
      expect(count).toEqual({ now: 0, most: 2 }) // looking at images and reading tokens
    })
  })
})

describe('an estimate', () => {
  it('has a time for every phase, and the sizes', async () => {
    const train = readSplit(world, 'train')
    const measured = await withEngine(oneThread, (engine) => estimate(engine, task(), { train, val: 10 }))
    expect(measured.phases.map(({ phase }) => phase)).toEqual([
      'features, the first time',
      'training',
      'evaluation each epoch',
      'validation, once',
    ])
    for (const { seconds } of measured.phases) expect(seconds).toBeGreaterThan(0)
    expect(measured.phases[1]?.measured).toMatch(/^4 steps of \d+ ms$/) // 4 epochs of 1
    expect(measured.cacheBytes).toBe(2 * (12 * 65 * 128 + 10 * 128))
    expect(measured.memoryBytes).toBeGreaterThan(50e6)
  })
})

describe('a task', () => {
  it.each(['train.max_length=65', 'decode.max_length=65'])('is refused where the decoder is too short for %s', (change) => {
    expect(() => openTask(configOf('none', change))).toThrow(
      /decoder\.safetensors: the decoder has 64 positions; train\.max_length and decode\.max_length \(65\) must not exceed them\./,
    )
  })
})
