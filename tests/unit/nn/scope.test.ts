import { describe, expect, it } from 'vitest'
import { linear } from '../../../src/nn/linear.ts'
import { bind, declared, shapesOnly } from '../../../src/nn/scope.ts'

describe('a scope over tensors', () => {
  const weight = shapesOnly.parameter('weight', [2, 3], 'zeros')

  it('gives parameters by their full names', () => {
    expect(bind({ 'h.0.c_fc.weight': weight }).at('h.0').at('c_fc').parameter('weight', [2, 3], 'zeros')).toBe(weight)
  })

  it('names a missing parameter and the shape that is needed', () => {
    expect(() => bind({}).at('h.0').parameter('weight', [2, 3], 'zeros')).toThrow(
      'parameter h.0.weight is missing; [2, 3] is needed',
    )
  })

  it('names a misshapen parameter, the shape found and the shape needed', () => {
    expect(() => bind({ weight }).parameter('weight', [3, 2], 'zeros')).toThrow('weight has shape [2, 3]; [3, 2] is needed')
  })
})

describe('a declaration', () => {
  it('lists what a layer asks for, in order, with shapes and first values', () => {
    expect(declared((scope) => linear(scope.at('c_fc'), 2, 3))).toEqual([
      { name: 'c_fc.weight', shape: [2, 3], init: { normal: 0.02 } },
      { name: 'c_fc.bias', shape: [3], init: 'zeros' },
    ])
  })

  it('does without values: a structure alone has shapes', () => {
    expect(linear(shapesOnly.at('c_fc'), 2, 3)).toMatchObject({ inputs: 2, outputs: 3 })
  })
})
