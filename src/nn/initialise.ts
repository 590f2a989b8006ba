import { floats } from '../base/nd-array.ts'
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import { random } from '../base/random.ts'
import type { ParameterSpec } from './scope.ts'

/**
 * First values for declared parameters. Each has a random stream of its own name, so that attempts which differ in one part start
 * from the same numbers in all others.
 */
export function initialise(specs: readonly ParameterSpec[], seed: number): NamedArrays {
  return Object.fromEntries(specs.map((spec) => [spec.name, firstValues(spec, seed)]))
}

function firstValues({ name, shape, init }: ParameterSpec, seed: number): NdArray {
  const array = floats(shape)
  if (init === 'zeros') return array
  if (init === 'ones') return floats(shape, array.data.fill(1))
  if ('constant' in init) return floats(shape, array.data.fill(init.constant))
  const stream = random(seed, 'init', name)
  const { data } = array
  if ('normal' in init) stream.fillNormal(data, init.normal)
  else for (let i = 0; i < data.length; i++) data[i] = init.uniform * (2 * stream.uniform() - 1)
  return array
}
