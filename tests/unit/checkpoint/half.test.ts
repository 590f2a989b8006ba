import { describe, expect, test } from 'vitest'
import { fromRoot, readJson } from '../../../src/base/files.ts'
import { floatToHalf, halfToFloat } from '../../../src/base/half.ts'

const golden = readJson(fromRoot('tests/fixtures/checkpoint/half.json')) as { float32: number[]; float16: number[] }

describe('half', () => {
  test('narrows as NumPy does: to nearest, ties to even, subnormals, overflow to infinity, signed zeros', () => {
    const values = new Float32Array(Uint32Array.from(golden.float32).buffer)
    expect([...floatToHalf(values)]).toEqual(golden.float16)
  })

  test('widens and narrows every one of the 65 536 bit patterns back to itself, NaN to a NaN', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i)
    const values = halfToFloat(bits)
    const back = floatToHalf(values)
    const changed = [...bits].filter((pattern, i) => back[i] !== pattern && !Number.isNaN(values[i]))
    expect(changed).toEqual([])
    expect(halfToFloat(back.filter((_, i) => Number.isNaN(values[i]))).every(Number.isNaN)).toBe(true)
  })

  test('writes into the array that it is given', () => {
    const target = new Float32Array(4)
    halfToFloat(Uint16Array.of(0x3c00, 0xc000), target.subarray(1, 3))
    expect([...target]).toEqual([0, 1, -2, 0])
  })
})
