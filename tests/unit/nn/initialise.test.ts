import { describe, expect, it } from 'vitest'
import { initialise } from '../../../src/nn/initialise.ts'
import type { ParameterSpec } from '../../../src/nn/scope.ts'

const specs: ParameterSpec[] = [
  { name: 'a', shape: [100, 100], init: { normal: 0.02 } },
  { name: 'b', shape: [100, 100], init: { uniform: 0.5 } },
  { name: 'c', shape: [3], init: 'ones' },
  { name: 'd', shape: [3], init: 'zeros' },
  { name: 'e', shape: [], init: { constant: 2.5 } },
]

describe('first values', () => {
  const values = initialise(specs, 1)
  const data = (name: string) => [...values[name]!.data]
  const deviation = (numbers: number[]) => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length)

  it('have the declared distribution', () => {
    expect(deviation(data('a'))).toBeCloseTo(0.02, 3)
    expect(deviation(data('b'))).toBeCloseTo(0.5 / Math.sqrt(3), 2)
    expect(Math.max(...data('b').map(Math.abs))).toBeLessThanOrEqual(0.5)
    expect([data('c'), data('d'), data('e')]).toEqual([[1, 1, 1], [0, 0, 0], [2.5]])
  })

  it('are the same for the same seed and others for another', () => {
    expect(initialise(specs, 1)).toEqual(values)
    expect(initialise(specs, 2)['a']).not.toEqual(values['a'])
  })

  it('of one parameter do not depend on which others there are', () => {
    expect(initialise([specs[1]!], 1)['b']).toEqual(values['b'])
  })
})
