import { describe, expect, it } from 'vitest'
import { causalMask, maskOf } from '../../../src/nn/attention.ts'
import { ints } from '../../../src/base/nd-array.ts'
import { openEngine, runOnce } from '../../parity/engines.ts'

const engine = await openEngine('onnx')

async function seen(length: number, past: number): Promise<string[]> {
  const { mask } = await runOnce(engine, {}, () => ({ outputs: { mask: causalMask(length, past) } }))
  return rowsOf([...mask!.data], past + length)
}

function rowsOf(values: number[], slots: number): string[] {
  const marks = values.map((value) => (value === 0 ? 'x' : '.')).join('')
  return Array.from({ length: values.length / slots }, (_, row) => marks.slice(row * slots, (row + 1) * slots))
}

describe('who sees whom', () => {
  it('without a past, each position sees itself and what is before it', async () => {
    expect(await seen(3, 0)).toEqual(['x..', 'xx.', 'xxx'])
  })

  it('behind a prefix, every position sees the whole prefix and the text up to itself', async () => {
    expect(await seen(3, 2)).toEqual(['xxx..', 'xxxx.', 'xxxxx'])
  })

  it('a text shorter than its prefix still sees itself (the first rows of the triangle would blind text to text)', async () => {
    expect(await seen(2, 4)).toEqual(['xxxxx.', 'xxxxxx'])
  })

  it('a step of decoding sees the slots that it names', async () => {
    const trial = { inputs: { seen: ints([2, 4], Int32Array.of(1, 0, 1, 0, 0, 0, 0, 1)) } }
    const { mask } = await runOnce(engine, trial, ({ inputs }) => ({ outputs: { mask: maskOf(inputs['seen']!) } }))
    expect(rowsOf([...mask!.data], 4)).toEqual(['x.x.', '...x'])
  })
})
