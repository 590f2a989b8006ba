import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { wholeNumber } from '../../../src/cli/arguments.ts'

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
})
