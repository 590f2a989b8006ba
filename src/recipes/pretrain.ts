// Training a small model from nothing: every tensor, fresh batches, no epochs.
import { InterruptedError } from '../base/errors.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import type { Report } from '../base/progress.ts'
import type { ArraySpec, Engine, Given } from '../engine/engine.ts'
import type { Tensor } from '../engine/ops.ts'
import { adamWInputs } from '../training/adamw.ts'
import { warmupCosine } from '../training/schedule.ts'
import { optimizerInputs, trainStep, withMoments } from '../training/step.ts'

export interface Pretraining {
  readonly label: string
  readonly weights: NamedArrays
  readonly inputs: Readonly<Record<string, ArraySpec>>
  readonly loss: (given: Given) => Tensor
  /** The batch of step `n`, counted from 0; called once a step, in order. */
  readonly batch: (n: number) => NamedArrays
  readonly steps: number
  /** The learning rate after warm-up. */
  readonly peak: number
  readonly report: Report
  readonly signal?: AbortSignal
}

/** The weights after `steps` and the mean loss of the last tenth of them. Throws InterruptedError where the signal asks to stop: nothing is kept. */
export async function pretrain(engine: Engine, training: Pretraining): Promise<{ weights: NamedArrays; loss: number }> {
  const { label, weights, steps, peak, report, signal } = training
  const names = Object.keys(weights)
  const state = engine.hold(withMoments(weights))
  const step = trainStep({ loss: training.loss, trained: names, decay: 0.05, clip: 1 })
  const inputs = { ...training.inputs, ...optimizerInputs }
  const program = await engine.compile(step, { label: `pretrain ${label}`, state: [state], inputs })

  const losses: number[] = []
  for (let n = 0; n < steps; n++) {
    if (signal?.aborted === true)
      throw new InterruptedError(`pretraining of the ${label} stopped after step ${n} of ${steps}; nothing was written.`)
    const lr = warmupCosine(n, { peak, warmup: Math.min(50, Math.ceil(steps / 20)), total: steps })
    const { loss } = await program.run({ ...training.batch(n), ...adamWInputs(n + 1, lr) })
    losses.push(loss!.data[0]!)
    report({ phase: `pretrain ${label}`, done: n + 1, total: steps, unit: 'steps', detail: `loss ${loss!.data[0]!.toFixed(3)}` })
  }
  await program.dispose()
  const values = await state.read()
  state.dispose()
  const tail = losses.slice(-Math.ceil(steps / 10))
  return {
    weights: Object.fromEntries(names.map((name) => [name, values[name]!])),
    loss: tail.reduce((a, b) => a + b, 0) / tail.length,
  }
}
