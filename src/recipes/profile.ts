// Where the time of a train step goes: the steps that a run would take, on its own batches, timed operation by operation. Nothing is
// recorded, and what is learned is thrown away.
import { InterruptedError, UserError } from '../base/errors.ts'
import { floats } from '../base/nd-array.ts'
import type { Report } from '../base/progress.ts'
import type { RunConfig } from '../config/run-config.ts'
import type { Engine, OperationTime } from '../engine/engine.ts'
import { initialise } from '../nn/initialise.ts'
import { adamWInputs } from '../training/adamw.ts'
import { optimizerInputs, withMoments } from '../training/step.ts'
import { encodeForRun } from './encode.ts'
import { readSplit, scorable } from './split.ts'
import { openTask } from './task.ts'
import { captionStep } from './train.ts'
import { captionInputs, trainingBatches } from './training-batches.ts'
import { withEngine } from './with-engine.ts'

export interface ProfileOptions {
  /** Steps that are timed, after two that are not. */
  readonly steps: number
  readonly report: Report
  readonly signal: AbortSignal
}

/** Milliseconds of a step, in the mean; `batch`, `run` and `state` are all of it. */
export interface StepProfile {
  readonly engine: string
  readonly steps: number
  /** Making the batch. */
  readonly batch: number
  /** In the engine's runtime. */
  readonly run: number
  /** What the engine does around it: the trained state's update where that is done in place, copies. */
  readonly state: number
  /** What `run` consists of, but for what goes on between operations. */
  readonly operations: readonly OperationTime[]
}

/** Profiles the train step of a configuration. Throws UserError where its engine times no operations, InterruptedError as training does. */
export async function profileTraining(config: RunConfig, { steps, report, signal }: ProfileOptions): Promise<StepProfile> {
  const task = openTask(config)
  return withEngine(config.engine, async (engine) => {
    const splits = { train: readSplit(config.data.root, 'train'), val: scorable(readSplit(config.data.root, 'val')) }
    const features = await encodeForRun(engine, task, splits, { report, signal })
    const batches = trainingBatches(task, splits.train)
    const inputs = captionInputs(features.train.rowShape, batches.sizes)
    const state = engine.hold(withMoments(initialise(task.parameters, config.seed)))
    const trained = task.parameters.map(({ name }) => name)
    const program = await engine.compile(captionStep(task, trained), {
      label: 'train step',
      frozen: task.decoder.weights,
      state: [state],
      inputs: { ...inputs, ...optimizerInputs },
      approximate: true,
      timed: true,
    })
    const { times } = program
    if (times === undefined) throw untimed(engine)

    let [batch, whole] = [0, 0]
    for (let step = 0; step < 2 + steps; step++) {
      if (signal.aborted) throw new InterruptedError('profiling stopped; nothing was written.')
      const began = performance.now()
      const { stems, captions } = batches.batch(0, step % batches.perEpoch)
      const given = { ...captions, features: floats(inputs.features.shape, features.train.rows(stems)) }
      const ready = performance.now()
      await program.run({ ...given, ...adamWInputs(step + 1, config.train.lr) })
      if (step >= 2) [batch, whole] = [batch + ready - began, whole + performance.now() - ready]
      report({ phase: 'profiling', done: step + 1, total: 2 + steps, unit: 'steps' })
    }
    const { run, operations } = await times()
    await program.dispose()
    state.dispose()
    return {
      ...{ engine: engine.description, steps, batch: batch / steps, run, state: whole / steps - run },
      operations: operations.toSorted((a, b) => b.milliseconds - a.milliseconds),
    }
  })
}

function untimed({ description }: Engine): UserError {
  return new UserError(`train --profile: ${description} does not time its operations; engine.name: onnx is needed.`)
}
