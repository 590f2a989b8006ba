// How long a run will take here, and what it needs: a few real steps are measured, the rest is multiplication.
import { fromRoot } from '../base/files.ts'
import { floats, ints, sizeOf, type NamedArrays } from '../base/nd-array.ts'
import { inOrder } from '../decoding/captions.ts'
import type { ArraySpec, Engine, Program } from '../engine/engine.ts'
import { describeAs, readPretrainedEncoder } from '../models/pretrained.ts'
import { initialise } from '../nn/initialise.ts'
import { adamWInputs } from '../training/adamw.ts'
import { optimizerInputs, withMoments } from '../training/step.ts'
import { openDecoding } from './decoding.ts'
import { cacheBytes } from './encode.ts'
import { featureShape, openEncoder } from './encoder.ts'
import { medianSeconds } from './median-seconds.ts'
import type { Split } from './split.ts'
import { strategyOf } from './strategy.ts'
import type { Task } from './task.ts'
import { captionStep } from './train.ts'
import { captionInputs, trainingBatches } from './training-batches.ts'
import { inPrecision } from './with-engine.ts'

export interface Estimate {
  /** Seconds by phase, in the order in which a run goes through them. */
  readonly phases: readonly { readonly phase: string; readonly seconds: number; readonly measured: string }[]
  /** Features on disk. */
  readonly cacheBytes: number
  /** The most memory that this process took while it measured: what a run takes. */
  readonly memoryBytes: number
}

/** Measures a few batches of every phase with the task's own shapes. `data` is what there is to encode, train on and caption. */
export async function estimate(engine: Engine, task: Task, data: { train: Split; val: number }): Promise<Estimate> {
  const { config } = task
  const images = { train: data.train.images.length, val: data.val }
  const rowShape = featureShape(task.encoder.shape.image, config.encoder.tokens)
  const judge = describeAs('clip', fromRoot(config.evaluate.clip.weights))
  const embedding = featureShape(judge.shape.image, 'embedding')
  const encode = await secondsPerImage(engine, task)
  const { perEpoch, sizes } = trainingBatches(task, data.train)
  const step = await secondsPerStep(engine, task, captionInputs(rowShape, sizes))
  const caption = await secondsPerCaption(engine, task, rowShape)

  const { epochs } = config.train
  const steps = epochs * perEpoch
  const exams = Math.ceil(epochs / config.evaluate.every) * Math.min(config.evaluate.subset, images.val)
  return {
    phases: [
      {
        phase: 'features, the first time',
        seconds: encode * (images.train + 2 * images.val),
        measured: `${(1 / encode).toFixed(0)} images/s, decoding not counted`,
      },
      { phase: 'training', seconds: step * steps, measured: `${steps} steps of ${(step * 1000).toFixed(0)} ms` },
      { phase: 'evaluation each epoch', seconds: caption * exams, measured: `${(1 / caption).toFixed(0)} captions/s` },
      { phase: 'validation, once', seconds: caption * images.val, measured: `${images.val} images` },
    ],
    cacheBytes: cacheBytes(rowShape, images.train + images.val) + cacheBytes(embedding, images.val),
    memoryBytes: process.resourceUsage().maxRSS * 1024,
  }
}

async function secondsPerImage(engine: Engine, { config }: Task): Promise<number> {
  const { weights, tokens: kind, precision } = config.encoder
  const model = readPretrainedEncoder(fromRoot(weights))
  const blank = new Float32Array(3 * model.shape.image.size ** 2)
  return inPrecision(precision, engine, async (chosen) => {
    const program = await openEncoder(chosen, model, { kind, batch: 32, approximate: precision === 'int8' })
    const seconds = await medianSeconds(() => program.encode(Array<Float32Array>(program.batch).fill(blank)))
    await program.dispose()
    return seconds / program.batch
  })
}

async function secondsPerStep(engine: Engine, task: Task, captions: ReturnType<typeof captionInputs>): Promise<number> {
  const inputs = { ...captions, ...optimizerInputs }
  const trained = task.parameters.map(({ name }) => name)
  const state = engine.hold(withMoments(initialise(task.parameters, 1)))
  const program: Program = await engine.compile(captionStep(task, trained), {
    label: 'train step',
    frozen: task.decoder.weights,
    state: [state],
    inputs,
    approximate: true,
  })
  const batch = { ...blankInputs(inputs), ...adamWInputs(1, 0) }
  const seconds = await medianSeconds(() => program.run(batch))
  await program.dispose()
  state.dispose()
  return seconds
}

async function secondsPerCaption(engine: Engine, task: Task, rowShape: readonly number[]): Promise<number> {
  const { config, plan } = task
  const trained = engine.hold(initialise(task.parameters, 1))
  const { batch, max_length: maxLength } = config.decode
  const ends = { start: task.tokenizer.start, end: -1, maxLength } // no end: the longest captions are what is measured
  const decoding = await openDecoding(engine, task.decoder.weights, trained, {
    plan,
    strategy: strategyOf(config.decode, ends, plan.decoder.vocabulary),
    ends,
    images: batch,
    tokens: rowShape[0]!,
    forbidden: [],
  })
  const names = Array.from({ length: batch }, String)
  const seconds = await medianSeconds(() =>
    inOrder(decoding.captions(names, (images) => new Float32Array(images.length * sizeOf(rowShape)))),
  )
  await decoding.dispose()
  trained.dispose()
  return seconds / batch
}

function blankInputs(specs: Readonly<Record<string, ArraySpec>>): NamedArrays {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => [name, dtype === 'float32' ? floats(shape) : ints(shape)]),
  )
}
