import { describe, expect, it } from 'vitest'
import { random } from '../../../src/base/random.ts'
import { hasUnevenInputs } from '../../../src/engine/uneven-inputs.ts'

const shape = [64, 32]

/** Normal weights, of which those of one input are `factor` times as large. */
function weights(factor: number, input: number, transposed = false): Float32Array {
  const data = new Float32Array(64 * 32)
  random(1).fillNormal(data, 0.02)
  const [inputs, outputs] = transposed ? [32, 64] : [64, 32]
  for (let i = 0; i < outputs; i++) data[transposed ? i * inputs + input : input * outputs + i]! *= factor
  return data
}

describe('the inputs of a frozen matrix', () => {
  it('are even where weights are drawn alike, both ways round', () => {
    expect(hasUnevenInputs(weights(1, 0), shape, false)).toBe(false)
    expect(hasUnevenInputs(weights(1, 0), shape, true)).toBe(false)
  })

  it.each([1 / 20, 20])('are uneven where the weights of one are %s times as large, both ways round', (factor) => {
    expect(hasUnevenInputs(weights(factor, 5), shape, false)).toBe(true)
    expect(hasUnevenInputs(weights(factor, 5, true), shape, true)).toBe(true)
  })

  it('are even where one has no weights, or none has', () => {
    expect(hasUnevenInputs(weights(0, 5), shape, false)).toBe(false)
    expect(hasUnevenInputs(new Float32Array(64 * 32), shape, false)).toBe(false)
  })
})
