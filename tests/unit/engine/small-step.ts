// A small train step with all that the real one has: attention, layer norm, an MLP, cross-entropy, gradients, an update.
import { floats, ints, sizeOf } from '../../../src/base/nd-array.ts'
import type { NamedArrays } from '../../../src/base/nd-array.ts'
import { random } from '../../../src/base/random.ts'
import type { Step } from '../../../src/engine/engine.ts'
import * as ops from '../../../src/engine/ops.ts'
import type { Tensor } from '../../../src/engine/ops.ts'

const [rows, words, width, inner, vocabulary] = [2, 3, 4, 8, 7]

const trainedShapes = {
  scale: [width],
  shift: [width],
  qkv: [width, 3 * width],
  out: [width, width],
  up: [width, inner],
  down: [inner, width],
}

export const frozen: NamedArrays = { table: drawn('table', [vocabulary, width]) }
export const trained: NamedArrays = Object.fromEntries(
  Object.entries(trainedShapes).map(([name, shape]) => [name, drawn(name, shape)]),
)
export const batch: NamedArrays = {
  ids: ints([rows, words], Int32Array.of(0, 1, 2, 3, 4, 5)),
  targets: ints([rows, words], Int32Array.of(1, 2, 3, 4, 5, 6)),
  rate: floats([], Float32Array.of(0.1)),
}

function drawn(name: string, shape: readonly number[]) {
  const { normal } = random(1, 'small-step', name)
  return floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => 0.5 * normal()),
  )
}

/** Outputs the loss and every gradient; the state takes one step of gradient descent. */
export const smallStep: Step = ({ frozen: { table }, state, inputs }) => {
  const { value, gradients } = ops.valueAndGradients(
    () => crossEntropy(logits(table!, state, inputs.ids!), inputs.targets!),
    state,
  )
  const updated = Object.entries(state).map(([name, tensor]) => [name, ops.sub(tensor, ops.mul(gradients[name]!, inputs.rate!))])
  return { state: Object.fromEntries(updated) as Record<string, Tensor>, outputs: { loss: value, ...gradients } }
}

function logits(table: Tensor, w: Readonly<Record<string, Tensor>>, ids: Tensor): Tensor {
  const x = ops.gather(table, ids) // (B, T, C)
  const flat = ops.reshape(layerNorm(x, w.scale!, w.shift!), [rows * words, width])
  const [q, k, v] = ops.split(ops.reshape(ops.matMul(flat, w.qkv!), [rows, words, 3 * width]), 3, -1)
  const attention = ops.matMul(ops.softmax(ops.div(ops.matMul(q!, k!, false, true), Math.sqrt(width))), v!) // (B, T, C)
  const mixed = ops.add(ops.matMul(ops.reshape(attention, [rows * words, width]), w.out!), ops.reshape(x, [rows * words, width]))
  const wide = ops.matMul(ops.tanh(ops.matMul(mixed, w.up!)), w.down!)
  return ops.matMul(ops.add(mixed, wide), table, false, true) // (B T, V)
}

function layerNorm(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const centred = ops.sub(x, ops.mean(x, -1, true))
  const deviation = ops.rsqrt(ops.add(ops.mean(ops.square(centred), -1, true), 1e-5))
  return ops.add(ops.mul(ops.mul(centred, deviation), scale), shift)
}

function crossEntropy(scores: Tensor, targets: Tensor): Tensor {
  const wanted = ops.oneHot(ops.reshape(targets, [rows * words]), vocabulary, 1, 0, 'float32')
  return ops.neg(ops.mean(ops.sum(ops.mul(ops.logSoftmax(scores), wanted), -1)))
}
