// Activations whose gradients take a handful of operations. GPT-2 computes GELU by tanh, OpenAI's CLIP by a sigmoid ("quick"), later
// ViTs by erf: weights must run with the one they were trained with.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { ownGradient } from './own-gradient.ts'

export type Activation = 'gelu_tanh' | 'gelu' | 'quick_gelu' | 'relu'

export const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  gelu_tanh: ownGradient(geluTanh, geluTanhGradient),
  gelu: ownGradient(geluErf, geluErfGradient),
  quick_gelu: ownGradient(quickGelu, quickGeluGradient),
  relu: ops.relu,
}

const slope = 2 * Math.sqrt(2 / Math.PI)
const cubic = slope * 0.044715

// x (1 + tanh z) / 2 = x sigmoid(2z), with 2z = x (slope + cubic x²)
function geluTanh(x: Tensor) {
  const polynomial = ops.add(ops.mul(ops.square(x), cubic), slope)
  const gate = ops.sigmoid(ops.mul(x, polynomial))
  const value = ops.mul(x, gate)
  return { value, saved: [value, gate, polynomial] }
}

// d(2z)/dx = slope + 3 cubic x² = 3 polynomial - 2 slope
function geluTanhGradient(dy: Tensor, y: Tensor, gate: Tensor, polynomial: Tensor): Tensor {
  const inner = ops.sub(ops.mul(polynomial, 3), 2 * slope)
  return ops.mul(dy, ops.add(gate, ops.mul(ops.mul(y, ops.sub(1, gate)), inner)))
}

function quickGelu(x: Tensor) {
  const gate = ops.sigmoid(ops.mul(x, 1.702))
  const value = ops.mul(x, gate)
  return { value, saved: [value, gate] }
}

function quickGeluGradient(dy: Tensor, y: Tensor, gate: Tensor): Tensor {
  return ops.mul(dy, ops.add(gate, ops.mul(ops.mul(y, ops.sub(1, gate)), 1.702)))
}

function geluErf(x: Tensor) {
  const below = normalBelow(x)
  return { value: ops.mul(x, below), saved: [x, below] }
}

function geluErfGradient(dy: Tensor, x: Tensor, below: Tensor): Tensor {
  const density = ops.mul(ops.exp(ops.mul(ops.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
  return ops.mul(dy, ops.add(below, ops.mul(x, density)))
}

// The standard normal distribution function by Abramowitz and Stegun 7.1.26: within 1e-7, about float32's own precision.
function normalBelow(x: Tensor): Tensor {
  const t = ops.div(1, ops.add(ops.mul(ops.abs(x), 0.3275911 / Math.SQRT2), 1))
  const coefficients = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592]
  const polynomial = coefficients.reduce<Tensor>((sum, c) => ops.mul(t, ops.add(sum, c)), ops.scalar(0))
  const tail = ops.mul(ops.mul(polynomial, ops.exp(ops.mul(ops.square(x), -0.5))), 0.5) // P(Z > |x|)
  return ops.where(ops.greater(x, 0), ops.sub(1, tail), tail)
}
