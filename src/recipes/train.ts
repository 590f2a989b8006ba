// One run from its task to its scores: features, training with an exam each epoch, and the whole validation set, once, for the best one.
import type { Report } from '../base/progress.ts'
import { floats } from '../base/nd-array.ts'
import type { Tensor } from '../engine/ops.ts'
import { packedLogits } from '../models/captioner.ts'
import { bind } from '../nn/scope.ts'
import { servedTensors } from '../peft/apply.ts'
import type { RunWriter } from '../tracking/writer.ts'
import { train as trainLoop, type StepReport } from '../training/loop.ts'
import { captionLoss } from '../training/loss.ts'
import { beginning, resume } from '../training/resume.ts'
import { warmupCosine } from '../training/schedule.ts'
import { optimizerInputs, trainStep, withMoments } from '../training/step.ts'
import { assemble } from './captioner.ts'
import { encodeForRun, featureFacts } from './encode.ts'
import { takeExam } from './exam.ts'
import { originOf } from './origin.ts'
import type { RunMeans } from './recorded-run.ts'
import { checkpoints, predictionsFile } from './run-folder.ts'
import { referenceImages, scoreBest } from './score-best.ts'
import { fixedSample, readSplit, scorable } from './split.ts'
import { tellStart, type Beginning } from './start.ts'
import { served, type Task } from './task.ts'
import { captionInputs, trainingBatches } from './training-batches.ts'

/**
 * Trains from the run's last checkpoint, or from the beginning, and scores the best epoch on the whole validation set.
 * Throws UserError on bad input, InterruptedError, all progress saved, where the signal asks to stop.
 */
export async function train(
  task: Task,
  { origin, values, start }: Beginning,
  { engine, folder, identity, writer, report, signal }: RunMeans,
): Promise<void> {
  const { config, parameters } = task
  const splits = { train: readSplit(config.data.root, 'train'), val: scorable(readSplit(config.data.root, 'val')) }
  const features = await encodeForRun(engine, task, splits, { report, signal })
  writer.environment(featureFacts(features))
  writer.references(identity.contents.data, referenceImages(splits.val))

  const trained = parameters.map(({ name }) => name)
  const batches = trainingBatches(task, splits.train)
  const state = engine.hold(withMoments({ ...(await values), ...start?.tensors }))
  const { last, best } = checkpoints(folder)
  const facts = { ...origin, 'engine.precision': config.engine.precision }
  const standing = resume(last, state, { configHash: identity.hash, facts })
  if (start !== undefined && standing === beginning) tellStart(config.train.start, start, { writer, report })
  const inputs = captionInputs(features.train.rowShape, batches.sizes)
  const program = await engine.compile(captionStep(task, trained), {
    label: 'train step',
    frozen: task.decoder.weights,
    state: [state],
    inputs: { ...inputs, ...optimizerInputs },
    approximate: true,
  })

  const subset = fixedSample(splits.val, config.evaluate.subset)
  const { epochs, lr: peak, warmup, patience, images, captions } = config.train
  writer.environment({ 'train.steps': epochs * batches.perEpoch })
  const onStep = stepLogger(writer, report, { epochs, perEpoch: batches.perEpoch, captions: images * captions })
  await trainLoop(
    {
      program,
      state,
      trained,
      epochs,
      stepsPerEpoch: batches.perEpoch,
      batch(epoch, index) {
        const { stems, captions } = batches.batch(epoch, index)
        return { ...captions, features: floats(inputs.features.shape, features.train.rows(stems)) }
      },
      learningRate: (n) => warmupCosine(n, { peak, warmup, total: epochs * batches.perEpoch }),
      evaluation: {
        every: config.evaluate.every,
        patience,
        best,
        metadata: { ...(await originOf(served(task))), config_hash: identity.hash, 'engine.precision': config.engine.precision },
        keep: (values) => servedTensors(config.peft, values),
        async score(epoch, step) {
          const predictions = predictionsFile(folder, 'subset')
          const { scores } = await takeExam(engine, task, state, { split: subset, features, predictions, report })
          const subsetScores = { 'subset/cider': scores.cider.score, 'subset/clipscore': scores.clipscore.score }
          writer.metrics(step, { ...subsetScores, epoch: epoch + 1 })
          return subsetScores[config.evaluate.best]
        },
      },
      onStep,
      beforeSave: () => writer.flush(),
      last,
      identity: { configHash: identity.hash, facts },
      signal,
    },
    standing,
  )
  await program.dispose()
  state.dispose()

  await scoreBest(task, { engine, folder, identity, writer, report }, { learnedIn: folder, val: splits.val, features })
}

type CaptionInputs = ReturnType<typeof captionInputs>

/** The train step of a task: the caption loss of a batch, with gradients for everything trained. */
export function captionStep(task: Task, trained: readonly string[]) {
  const { decay, clip, label_smoothing } = task.config.train
  return trainStep({
    loss({ frozen, state, inputs }) {
      const captioner = assemble(bind(frozen), bind(state), task.plan)
      const { features, targets, ...captions } = inputs as Record<keyof CaptionInputs, Tensor>
      const logits = packedLogits(captioner, features, captions) // (R, V)
      return captionLoss(logits, targets, label_smoothing)
    },
    trained,
    decay,
    clip,
  })
}

/** Logs each step, and now and then the memory; a step's rate is what the last second of training made. */
function stepLogger(writer: RunWriter, report: Report, sizes: { epochs: number; perEpoch: number; captions: number }) {
  let since = performance.now()
  let steps = 0
  return ({ step, epoch, position, loss, learningRate }: StepReport): void => {
    writer.metrics(step, { 'train/loss': loss, 'train/lr': learningRate })
    steps++
    const seconds = (performance.now() - since) / 1000
    if (seconds >= 1) {
      writer.metrics(step, {
        'train/captions_per_second': (steps * sizes.captions) / seconds,
        'system/rss_bytes': process.memoryUsage.rss(),
      })
      since = performance.now()
      steps = 0
    }
    const phase = `epoch ${epoch + 1}/${sizes.epochs}`
    report({ phase, done: position, total: sizes.perEpoch, unit: 'steps', detail: `loss ${loss.toFixed(3)}` })
  }
}
