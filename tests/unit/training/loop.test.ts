import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InterruptedError, UserError } from '../../../src/base/errors.ts'
import { floats, scalar } from '../../../src/base/nd-array.ts'
import { readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { DivergedError, train } from '../../../src/training/loop.ts'
import type { Evaluation, StepReport, Training } from '../../../src/training/loop.ts'
import { beginning } from '../../../src/training/resume.ts'
import { epochs, smallTraining, stepsPerEpoch } from '../../fixtures/training/small-training.ts'
import { engineNames } from '../engine/engines.ts'

let root = ''
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'loop-'))))
afterAll(() => rmSync(root, { recursive: true }))
const newFolder = () => mkdtempSync(join(root, 'run-'))
const bytes = (folder: string, name: string) => readFileSync(join(folder, `${name}.safetensors`))

describe.each(engineNames)('train on %s', (engine) => {
  test('gives the same bits when it is run again', async () => {
    const [a, b] = [newFolder(), newFolder()]
    await smallTraining({ engine, folder: a })
    await smallTraining({ engine, folder: b })
    expect(bytes(a, 'last').equals(bytes(b, 'last'))).toBe(true)
    expect(bytes(a, 'best').equals(bytes(b, 'best'))).toBe(true)
  })

  test('interrupted at any step and resumed in new objects, equals the uninterrupted training in every bit', async () => {
    const [whole, cut] = [newFolder(), newFolder()]
    const wholeLosses: number[] = []
    const standing = await smallTraining({ engine, folder: whole, changes: { onStep: ({ loss }) => wholeLosses.push(loss) } })

    const losses: number[] = []
    for (const stopAfter of [5, stepsPerEpoch, 2 * stepsPerEpoch + 3]) {
      const stop = new AbortController()
      const onStep = ({ step, loss }: StepReport) => {
        losses.push(loss)
        if (step === stopAfter) stop.abort()
      }
      const stopped = smallTraining({ engine, folder: cut, changes: { onStep, signal: stop.signal } })
      await expect(stopped).rejects.toThrow(
        new InterruptedError(`stopped after step ${stopAfter} of 48; the same command continues from there.`),
      )
    }
    expect(await smallTraining({ engine, folder: cut, changes: { onStep: ({ loss }) => losses.push(loss) } })).toEqual(standing)
    expect(losses).toEqual(wholeLosses)
    expect(losses.length).toBe(epochs * stepsPerEpoch)
    expect(bytes(cut, 'last').equals(bytes(whole, 'last'))).toBe(true)
    expect(bytes(cut, 'best').equals(bytes(whole, 'best'))).toBe(true)
  })

  test('learns: the loss falls', async () => {
    const losses: number[] = []
    await smallTraining({ engine, folder: newFolder(), changes: { onStep: ({ loss }) => losses.push(loss) } })
    const mean = (part: number[]) => part.reduce((a, b) => a + b, 0) / part.length
    expect(mean(losses.slice(-stepsPerEpoch))).toBeLessThan(0.7 * mean(losses.slice(0, stepsPerEpoch)))
  })
})

describe('train', () => {
  /** A training whose program only says `loss`; its scores are given. */
  function dry(folder: string, scores: number[], changes: Partial<Training> = {}, evaluation: Partial<Evaluation> = {}) {
    const seen = { scored: [] as number[], steps: [] as StepReport[] }
    const state = {
      specs: {},
      read: () => Promise.resolve({ w: scalar(seen.steps.length), 'adam.m.w': scalar(0) }),
      write: () => undefined,
      dispose: () => undefined,
    }
    const training: Training = {
      program: { run: () => Promise.resolve({ loss: scalar(1), gradient_norm: scalar(1) }) },
      state,
      trained: ['w'],
      epochs: scores.length,
      stepsPerEpoch: 3,
      batch: () => ({}),
      learningRate: () => 0.5,
      evaluation: {
        score: (epoch) => (seen.scored.push(epoch), Promise.resolve(scores[epoch]!)),
        every: 1,
        patience: 0,
        best: join(folder, 'best.safetensors'),
        ...evaluation,
      },
      onStep: (report) => seen.steps.push(report),
      last: join(folder, 'last.safetensors'),
      identity: { configHash: 'abc' },
      ...changes,
    }
    return { seen, training }
  }

  test('keeps the trained tensors of the epoch with the highest score, the earlier among equals, and says so in the file', async () => {
    const folder = newFolder()
    const { training } = dry(folder, [0.1, 0.7, 0.7, 0.2])
    expect(await train(training, beginning)).toEqual({
      step: 12,
      epoch: 4,
      position: 0,
      best: { score: 0.7, epoch: 1 },
      epochsWithoutImprovement: 2,
    })
    const best = readSafetensors(join(folder, 'best.safetensors'))
    expect(best.readAll()).toEqual({ w: scalar(6) })
    expect(best.metadata).toEqual({ epoch: '1', step: '6', score: '0.7' })
    expect(readdirSync(folder).sort()).toEqual(['best.safetensors', 'last.safetensors'])
  })

  test('stops when the patience is used up, and training again adds nothing', async () => {
    const { training, seen } = dry(newFolder(), [0.5, 0.4, 0.3, 0.9], {}, { patience: 2 })
    const standing = await train(training, beginning)
    expect(standing.epoch).toBe(3)
    expect(await train(training, standing)).toEqual(standing)
    expect(seen.scored).toEqual([0, 1, 2])
  })

  test('evaluates every n-th epoch and the last one', async () => {
    const { training, seen } = dry(newFolder(), [1, 1, 1, 1, 1], {}, { every: 2 })
    await train(training, beginning)
    expect(seen.scored).toEqual([1, 3, 4])
  })

  test('after a kill during the evaluation, repeats the evaluation and no step', async () => {
    const folder = newFolder()
    const killed = dry(folder, [1, 1], {}, { score: () => Promise.reject(new Error('killed')) })
    await expect(train(killed.training, beginning)).rejects.toThrow('killed')
    expect(readSafetensors(join(folder, 'last.safetensors')).metadata).toMatchObject({ step: '3', epoch: '0', position: '3' })
    const again = dry(folder, [1, 1])
    await train(again.training, { ...beginning, step: 3, position: 3 })
    expect(again.seen.steps.map(({ step }) => step)).toEqual([4, 5, 6])
    expect(again.seen.scored).toEqual([0, 1])
  })

  test('reports each step, and saves in between when the time has come', async () => {
    const folder = newFolder()
    const saved: (string | undefined)[] = []
    const { training, seen } = dry(folder, [1], { saveEvery: 0 })
    await train(
      { ...training, batch: (_, position) => (position > 0 && saved.push(readSafetensors(training.last).metadata['step']), {}) },
      beginning,
    )
    expect(saved).toEqual(['1', '2'])
    expect(seen.steps[1]).toEqual({ step: 2, epoch: 0, position: 2, loss: 1, gradientNorm: 1, learningRate: 0.5 })
  })

  test('saves nothing before what it reported is safe', async () => {
    const { training, seen } = dry(newFolder(), [1, 1], { saveEvery: 0 })
    let safe = 0
    const beforeSave = async () => {
      await new Promise((later) => setTimeout(later, 5))
      const saved = existsSync(training.last) ? Number(readSafetensors(training.last).metadata['step']) : 0
      expect(saved).toBeLessThanOrEqual(safe)
      safe = seen.steps.length
    }
    await train({ ...training, beforeSave }, beginning)
    expect([safe, readSafetensors(training.last).metadata['step']]).toEqual([6, '6'])
  })

  test('stops at a loss that is not a number with a sentence, and saves nothing of that step', async () => {
    const folder = newFolder()
    let runs = 0
    const run = () =>
      Promise.resolve(
        ++runs === 3 ? { loss: scalar(NaN), gradient_norm: scalar(Infinity) } : { loss: scalar(1), gradient_norm: scalar(1) },
      )
    const { training } = dry(folder, [1], { saveEvery: 0, program: { run } })
    const failure = await train(training, beginning).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(DivergedError)
    expect(failure).toBeInstanceOf(UserError)
    expect((failure as Error).message).toBe(
      'step 3: the loss is NaN and the gradient norm Infinity at learning rate 0.5; lower the learning rate, lengthen the warm-up or clip gradients harder.',
    )
    expect(readSafetensors(training.last).metadata['step']).toBe('2')
  })

  test('lets a signal in while every step blocks the event loop', async () => {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), 20)
    const run = () => Promise.resolve({ loss: scalar(1), gradient_norm: scalar(1) })
    const { training } = dry(newFolder(), Array<number>(100_000).fill(1), {
      program: { run },
      saveEvery: 1e9,
      signal: stop.signal,
      stepsPerEpoch: 1e9,
    })
    await expect(train(training, beginning)).rejects.toBeInstanceOf(InterruptedError)
    clearTimeout(timer)
  })
})

describe('resume', () => {
  const message = async (folder: string, configHash?: string): Promise<string> => {
    const failure = await smallTraining({ engine: 'wasm', folder, ...(configHash === undefined ? {} : { configHash }) }).catch(
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(UserError)
    return (failure as Error).message.replace(`${join(folder, 'last.safetensors')}: `, '')
  }

  test('goes on from a file of an earlier version, which tells no facts, and writes them from then on', async () => {
    const folder = newFolder()
    const whole = await smallTraining({ engine: 'wasm', folder: newFolder() })
    const stop = new AbortController()
    await smallTraining({ engine: 'wasm', folder, changes: { onStep: () => stop.abort(), signal: stop.signal } }).catch(
      () => undefined,
    )
    const facts = { 'peft.rank': '8' }
    expect(await smallTraining({ engine: 'wasm', folder, facts })).toEqual(whole)
    expect(readSafetensors(join(folder, 'last.safetensors')).metadata).toMatchObject({ ...facts, config_hash: 'c0ffee' })
    const other = { engine: 'wasm', folder, configHash: 'beef', facts: { 'peft.rank': '4', 'peft.alpha': '16' } } as const
    await expect(smallTraining(other)).rejects.toThrow("this run's config has hash beef (other: peft.rank); restore the config")
  })

  test('refuses a file of another config, another schema, another model, and a damaged one', async () => {
    const folder = newFolder()
    await smallTraining({ engine: 'wasm', folder })
    const path = join(folder, 'last.safetensors')
    const written = readSafetensors(path)
    const { metadata } = written
    const tensors = written.readAll()
    expect(await message(folder, 'beef')).toBe(
      "the file belongs to the config with hash c0ffee, this run's config has hash beef; restore the config, or remove the file to train from the beginning.",
    )
    writeSafetensors(path, tensors, { ...metadata, schema: '0' })
    expect(await message(folder)).toContain('schema 0, this version of the program resumes schema 1')
    writeSafetensors(path, tensors, { ...metadata, step: 'many' })
    expect(await message(folder)).toContain('metadata `step` is many; a number is needed')
    writeSafetensors(path, { ...tensors, lora: scalar(1) }, metadata)
    expect(await message(folder)).toContain('`lora` is not trained by this model')
    writeSafetensors(path, { w1: tensors['w1']! }, metadata)
    expect(await message(folder)).toContain('`b1` is missing')
    writeSafetensors(path, { ...tensors, b1: floats([3]) }, metadata)
    expect(await message(folder)).toContain('`b1` has shape [3], the model needs [10]')
    writeFileSync(path, 'torn')
    expect(await message(folder)).toContain('the file has 4 bytes')
  })
})
