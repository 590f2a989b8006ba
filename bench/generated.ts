// Weights that nobody trained, made in no time: one block of noise, again and again. How fast a step is does not depend on them.
import { floats, type FloatArray, type NamedArrays } from '../src/base/nd-array.ts'
import { random } from '../src/base/random.ts'
import type { Init, ParameterSpec } from '../src/nn/scope.ts'

const block = noise(65_521) // a prime, so that rows differ

function noise(length: number): Float32Array {
  const stream = random(1, 'bench')
  return Float32Array.from({ length }, () => stream.normal())
}

/** Values for declared parameters, of the size that their first values have. */
export function generated(specs: readonly ParameterSpec[]): NamedArrays {
  return Object.fromEntries(specs.map(({ name, shape, init }) => [name, generatedArray(shape, sizeOfValues(init))]))
}

/** Noise of `scale` around `centre`. */
export function generatedArray(shape: readonly number[], { centre = 0, scale = 1 } = {}): FloatArray {
  const array = floats(shape)
  const part = block.map((value) => centre + scale * value)
  for (let at = 0; at < array.data.length; at += part.length) array.data.set(part.subarray(0, array.data.length - at), at)
  return array
}

function sizeOfValues(init: Init): { centre?: number; scale: number } {
  if (init === 'zeros') return { scale: 0.001 } // no zeros: a B of LoRA that stays 0 would spare its A a gradient
  if (init === 'ones') return { centre: 1, scale: 0.02 }
  if ('constant' in init) return { centre: init.constant, scale: 0 }
  return { scale: 'normal' in init ? init.normal : init.uniform / Math.sqrt(3) }
}
