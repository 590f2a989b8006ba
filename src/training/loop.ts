// A training from wherever it stands to its end: step, save, evaluate, keep the best. It knows neither model nor data: batches, scores
// and learning rates are functions that it is given.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { InterruptedError, UserError } from '../base/errors.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import type { Program, State } from '../engine/engine.ts'
import { adamWInputs } from './adamw.ts'
import { saveStanding } from './resume.ts'
import type { Standing, TrainingIdentity } from './resume.ts'

export interface Training {
  /** A compiled train step (`trainStep`). */
  readonly program: Pick<Program, 'run'>
  /** The trained tensors and their moments: what is saved to resume from. */
  readonly state: State
  /** Names of the trained tensors: what the best checkpoint holds. */
  readonly trained: readonly string[]
  readonly epochs: number
  readonly stepsPerEpoch: number
  /** The inputs of step `position` of `epoch`, both counted from 0, without the optimizer's scalars; the same for the same arguments. */
  readonly batch: (epoch: number, position: number) => NamedArrays | Promise<NamedArrays>
  /** The learning rate of step `n`, counted from 0. */
  readonly learningRate: (n: number) => number
  /** How the epochs are scored; without it all epochs are trained and there is no best. */
  readonly evaluation?: Evaluation
  readonly onStep?: (report: StepReport) => void
  /** Written each epoch, every `saveEvery` seconds and on a stop: what `resume` reads. */
  readonly last: string
  readonly identity: TrainingIdentity
  /** Default 20. */
  readonly saveEvery?: number
  /** Awaited before each save: what was reported up to a standing has to be as safe as the standing, which never reports it again. */
  readonly beforeSave?: () => Promise<void>
  /** Asks the training to save and stop; looked at before each step. */
  readonly signal?: AbortSignal
}

export interface Evaluation {
  /** The score after `epoch` (counted from 0); higher is better. */
  readonly score: (epoch: number, step: number) => Promise<number>
  /** Epochs between evaluations; the last epoch always has one. */
  readonly every: number
  /** Epochs without a better score before training stops; 0 = never. */
  readonly patience: number
  /** Where the trained tensors of the best epoch are written, with `metadata`, `epoch`, `step` and `score` beside them. */
  readonly best: string
  readonly metadata?: Readonly<Record<string, string>>
  /** What of the trained tensors the file holds, where some serve training alone. */
  readonly keep?: (trained: NamedArrays) => NamedArrays
}

export interface StepReport {
  /** Optimizer steps done, this one included. */
  readonly step: number
  readonly epoch: number
  /** Steps of this epoch done, this one included. */
  readonly position: number
  readonly loss: number
  /** Before clipping. */
  readonly gradientNorm: number
  readonly learningRate: number
}

/** The loss or its gradient is no longer a number; nothing of the step is saved. */
export class DivergedError extends UserError {
  override name = 'DivergedError'
}

/**
 * Trains from `standing` (see `resume`) until the epochs or the patience are used up; returns where it ended. Throws DivergedError where
 * the loss is not finite and InterruptedError, all progress saved, where the signal asks to stop.
 */
export async function train(training: Training, standing: Standing): Promise<Standing> {
  const { state, epochs, stepsPerEpoch, last, identity, saveEvery = 20 } = training
  const patience = training.evaluation?.patience ?? 0
  let now = standing
  let saved = performance.now()

  async function save(): Promise<void> {
    await training.beforeSave?.()
    await saveStanding(last, state, now, identity)
    saved = performance.now()
  }

  while (now.epoch < epochs && (patience === 0 || now.epochsWithoutImprovement < patience)) {
    while (now.position < stepsPerEpoch) {
      await nextTurn() // a step may block the event loop: signals and timers get their turn here
      if (training.signal?.aborted === true) {
        await save()
        throw new InterruptedError(
          `stopped after step ${now.step} of ${epochs * stepsPerEpoch}; the same command continues from there.`,
        )
      }
      await oneStep(training, now)
      now = { ...now, step: now.step + 1, position: now.position + 1 }
      if (performance.now() - saved >= saveEvery * 1000) await save()
    }
    if (training.evaluation !== undefined && isEvaluated(training.evaluation, now.epoch, epochs)) {
      await save() // an evaluation takes its time, and a kill during it must not cost the epoch
      now = await scored(training.state, training.trained, training.evaluation, now)
    }
    now = { ...now, epoch: now.epoch + 1, position: 0 }
    await save()
  }
  return now
}

async function oneStep(training: Training, { step, epoch, position }: Standing): Promise<void> {
  const learningRate = training.learningRate(step)
  const inputs = { ...(await training.batch(epoch, position)), ...adamWInputs(step + 1, learningRate) }
  const outputs = await training.program.run(inputs)
  const report = {
    step: step + 1,
    epoch,
    position: position + 1,
    loss: valueOf(outputs, 'loss'),
    gradientNorm: valueOf(outputs, 'gradient_norm'),
    learningRate,
  }
  if (!Number.isFinite(report.loss) || !Number.isFinite(report.gradientNorm))
    throw new DivergedError(
      `step ${report.step}: the loss is ${report.loss} and the gradient norm ${report.gradientNorm} at learning rate ${learningRate}; lower the learning rate, lengthen the warm-up or clip gradients harder.`,
    )
  training.onStep?.(report)
}

function isEvaluated({ every }: Evaluation, epoch: number, epochs: number): boolean {
  return (epoch + 1) % every === 0 || epoch + 1 === epochs
}

/** The best checkpoint is written before the standing that tells of it: a kill between the two only repeats the evaluation. */
async function scored(state: State, trained: readonly string[], evaluation: Evaluation, standing: Standing): Promise<Standing> {
  const { epoch, step, best } = standing
  const score = await evaluation.score(epoch, step)
  if (!Number.isFinite(score)) throw new Error(`the score after epoch ${epoch} is ${score}`)
  if (best !== undefined && score <= best.score) return { ...standing, epochsWithoutImprovement: epoch - best.epoch }
  const values = await state.read()
  const kept = Object.fromEntries(trained.map((name) => [name, values[name]!]))
  writeSafetensors(evaluation.best, evaluation.keep?.(kept) ?? kept, {
    ...evaluation.metadata,
    epoch: String(epoch),
    step: String(step),
    score: String(score),
  })
  return { ...standing, best: { score, epoch }, epochsWithoutImprovement: 0 }
}

function valueOf(outputs: NamedArrays, name: string): number {
  const value = outputs[name]?.data[0]
  if (value === undefined) throw new Error(`the train step gave no \`${name}\``)
  return value
}
