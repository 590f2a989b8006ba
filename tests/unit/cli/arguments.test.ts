import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { positiveNumber, wholeNumber } from '../../../src/cli/arguments.ts'

describe('a whole number on the command line', () => {
  it.each([
    ['0', 0],
    ['12', 12],
    [' 7 ', 7],
  ])('may be %j', (text, value) => {
    expect(wholeNumber(text)).toBe(value)
  })

  it.each(['', 'many', '-1', '1.5', '1e3', '0x10', '99999999999999999999'])('is not %j', (text) => {
    expect(() => wholeNumber(text)).toThrow(InvalidArgumentError)
    expect(() => wholeNumber(text)).toThrow('a whole number is needed.')
  })

  it('is above zero where nothing is too little', () => {
    expect(positiveNumber('3')).toBe(3)
    expect(() => positiveNumber('0')).toThrow('a whole number above zero is needed.')
    expect(() => positiveNumber('-3')).toThrow('a whole number is needed.')
  })
})
