// One optimizer step as a pure function: loss, gradients, clipping, AdamW. State holds the trained parameters under their names and
// AdamW's moments under `adam.m.<name>` and `adam.v.<name>`; the batch, `lr`, `bias1` and `bias2` are inputs.
import { floats } from '../base/nd-array.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import type { ArraySpec, Given, Step } from '../engine/engine.ts'
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { adamW, adamWScalars } from './adamw.ts'
import { clipScale, globalNorm } from './clip.ts'

export interface TrainStepOptions {
  /** The scalar loss of a batch; must use every trained parameter. */
  readonly loss: (given: Given) => Tensor
  /** Names of the trained parameters in the state. */
  readonly trained: readonly string[]
  /** Weight decay, on matrices only. */
  readonly decay: number
  /** Largest global gradient norm; 0 = no clipping. */
  readonly clip: number
}

/** The step to compile. Outputs: `loss` before the update and `gradient_norm` before clipping, both scalars. */
export function trainStep({ loss, trained, decay, clip }: TrainStepOptions): Step {
  return (given) => {
    const parameters = Object.fromEntries(trained.map((name) => [name, named(given.state, name)]))
    const { value, gradients } = ops.valueAndGradients(() => loss(given), parameters)
    const norm = globalNorm(Object.values(gradients))
    const scale = clip > 0 ? clipScale(norm, clip) : ops.scalar(1)
    const [lr, bias1, bias2] = [named(given.inputs, 'lr'), named(given.inputs, 'bias1'), named(given.inputs, 'bias2')]
    const scalars = adamWScalars({ lr, bias1, bias2 }, decay, scale)
    const state: Record<string, Tensor> = {}
    for (const name of trained) {
      const moments = { m: named(given.state, firstMoment(name)), v: named(given.state, secondMoment(name)) }
      const updated = adamW(named(parameters, name), named(gradients, name), moments, scalars)
      state[name] = updated.parameter
      state[firstMoment(name)] = updated.m
      state[secondMoment(name)] = updated.v
    }
    return { state, outputs: { loss: value, gradient_norm: norm } }
  }
}

/** The inputs that a train step has beside its batch; `adamWInputs` makes their values. */
export const optimizerInputs: Readonly<Record<'lr' | 'bias1' | 'bias2', ArraySpec>> = {
  lr: { dtype: 'float32', shape: [] },
  bias1: { dtype: 'float32', shape: [] },
  bias2: { dtype: 'float32', shape: [] },
}

/** Trained parameters with moments of zero beside them: what `engine.hold` is given before the first step. */
export function withMoments(trained: NamedArrays): NamedArrays {
  const sizes = Object.values(trained).map(({ data }) => data.length)
  const most = new Float32Array(Math.max(0, ...sizes)) // shared by all: nobody writes the arrays that a state is made of
  const zeros = (name: (parameter: string) => string) =>
    Object.fromEntries(
      Object.entries(trained).map(([parameter, { shape, data }]) => [
        name(parameter),
        floats(shape, most.subarray(0, data.length)),
      ]),
    )
  return { ...trained, ...zeros(firstMoment), ...zeros(secondMoment) }
}

function firstMoment(name: string): string {
  return `adam.m.${name}`
}

function secondMoment(name: string): string {
  return `adam.v.${name}`
}

function named(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name]
  if (tensor === undefined) throw new Error(`a train step needs \`${name}\`, which it was not given`)
  return tensor
}
