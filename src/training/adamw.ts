// AdamW as torch.optim.AdamW computes it (Loshchilov and Hutter 2019): the parameter decays first, epsilon stands outside the
// bias-corrected root. Everything that changes from step to step is a scalar tensor, so that one traced step serves a whole training.
import { scalar } from '../base/nd-array.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'

const beta1 = 0.9
const beta2 = 0.999
const epsilon = 1e-8

export interface Moments {
  readonly m: Tensor
  readonly v: Tensor
}

/** What an update takes beside its parameter: scalars, computed once for all parameters of a step. */
export interface AdamWScalars {
  /** Multiplies a parameter that decays: 1 - lr decay. */
  readonly keep: Tensor
  /** lr sqrt(1 - beta2^n) / (1 - beta1^n). */
  readonly stepSize: Tensor
  /** epsilon sqrt(1 - beta2^n): the root's bias correction, moved from each element into this scalar. */
  readonly epsilon: Tensor
  /** (1 - beta1) times the gradients' scale. */
  readonly intoM: Tensor
  /** (1 - beta2) times the gradients' scale squared. */
  readonly intoV: Tensor
}

/** The host's part for optimizer step `n`, counted from 1: `lr`, `bias1` = 1 - beta1^n, `bias2` = 1 - beta2^n, computed in double precision. */
export function adamWInputs(n: number, learningRate: number): NamedArrays {
  return { lr: scalar(learningRate), bias1: scalar(1 - beta1 ** n), bias2: scalar(1 - beta2 ** n) }
}

/** `gradientScale` multiplies every gradient: clipping, without a pass of its own. */
export function adamWScalars(
  inputs: { lr: Tensor; bias1: Tensor; bias2: Tensor },
  decay: number,
  gradientScale: Tensor,
): AdamWScalars {
  const root = ops.sqrt(inputs.bias2)
  return {
    keep: ops.sub(ops.scalar(1), ops.mul(inputs.lr, ops.scalar(decay))),
    stepSize: ops.div(ops.mul(inputs.lr, root), inputs.bias1),
    epsilon: ops.mul(ops.scalar(epsilon), root),
    intoM: ops.mul(gradientScale, ops.scalar(1 - beta1)),
    intoV: ops.mul(ops.square(gradientScale), ops.scalar(1 - beta2)),
  }
}

/** One update of one parameter. Matrices decay; vectors and scalars (biases, LayerNorms, gates) do not. */
export function adamW(
  parameter: Tensor,
  gradient: Tensor,
  moments: Moments,
  scalars: AdamWScalars,
): Moments & { parameter: Tensor } {
  const m = ops.add(ops.mul(moments.m, ops.scalar(beta1)), ops.mul(gradient, scalars.intoM))
  const v = ops.add(ops.mul(moments.v, ops.scalar(beta2)), ops.mul(ops.square(gradient), scalars.intoV))
  const change = ops.div(ops.mul(m, scalars.stepSize), ops.add(ops.sqrt(v), scalars.epsilon))
  const decayed = parameter.rank >= 2 ? ops.mul(parameter, scalars.keep) : parameter
  return { parameter: ops.sub(decayed, change), m, v }
}
