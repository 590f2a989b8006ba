import { expect, test } from 'vitest'
import type { NdArray } from '../../../src/base/nd-array.ts'
import { initialise } from '../../../src/nn/initialise.ts'
import { initialiseAside } from '../../../src/nn/initialise-aside.ts'

test.each([8, 1100])('makes the same values in a thread, or here where that is quicker (%i x 1000)', async (rows) => {
  const specs = [
    { name: 'a', shape: [rows, 1000], init: { normal: 0.02 } },
    { name: 'b', shape: [rows], init: 'ones' },
  ] as const
  const [aside, here] = [await initialiseAside(specs, 3), initialise(specs, 3)]
  for (const { name, shape } of specs) {
    expect(aside[name]!.shape).toEqual(shape)
    expect(Buffer.compare(bytes(aside[name]!), bytes(here[name]!))).toBe(0)
  }
})

const bytes = ({ data }: NdArray) => new Uint8Array(data.buffer)
