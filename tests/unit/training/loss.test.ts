import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromRoot, readJson } from '../../../src/base/files.ts'
import { floats, ints, scalar } from '../../../src/base/nd-array.ts'
import type { NamedArrays } from '../../../src/base/nd-array.ts'
import { chooseEngine } from '../../../src/engine/choose.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { valueAndGradients } from '../../../src/engine/ops.ts'
import * as ops from '../../../src/engine/ops.ts'
import { captionBatch, captionLoss, ignored } from '../../../src/training/loss.ts'
import { engineNames } from '../engine/engines.ts'

const end = 50256

describe('captionBatch', () => {
  test("lays the course's example out: inputs padded with 50256, targets shifted by one and padded with -100", () => {
    const words = [64, 9592, 351, 257, 14595, 290, 867, 10801, 8217, 290, 257, 1787, 286, 2057] // a kitchen with a sink and ...
    const { inputs, targets } = captionBatch([words], { start: end, end, pad: end, length: 20 })
    expect([...inputs.data]).toEqual([end, ...words, end, end, end, end, end])
    expect([...targets.data]).toEqual([...words, end, ...Array<number>(5).fill(ignored)])
    expect(ignored).toBe(-100)
  })

  test('tells padding by position: a word with the id of the padding counts', () => {
    const { targets } = captionBatch([[5, end, 6], []], { start: end, end, pad: end, length: 5 })
    expect(targets).toEqual(ints([2, 5], Int32Array.of(5, end, 6, end, -100, end, -100, -100, -100, -100)))
  })

  test('cuts a long caption without claiming that it ended', () => {
    const tokens = { start: 1, end: 2, pad: 0, length: 3 }
    const both = captionBatch([[7, 8], [7, 8, 9], [7, 8, 9, 10]], tokens) // prettier-ignore
    expect([...both.inputs.data]).toEqual([1, 7, 8, 1, 7, 8, 1, 7, 8])
    expect([...both.targets.data]).toEqual([7, 8, 2, 7, 8, 9, 7, 8, 9])
  })
})

interface Golden {
  logits: number[]
  targets: number[]
  cases: { smoothing: number; loss: number; gradient: number[] }[]
}
const golden = readJson(fromRoot('tests/fixtures/training/loss.json')) as Golden
const logits = floats([3, 4, 11], Float32Array.from(golden.logits))

describe.each(engineNames)('captionLoss on %s', (name) => {
  let engine: Engine
  beforeAll(async () => {
    engine = (await chooseEngine({ name, device: 'cpu', threads: 1, precision: 'fp32' })).engine
  })
  afterAll(() => engine.dispose())

  async function lossAndGradient(targets: number[], labelSmoothing: number): Promise<NamedArrays> {
    const state = engine.hold({ logits })
    const program = await engine.compile(
      ({ state, inputs }) => {
        const loss = () => ops.mul(captionLoss(state['logits']!, inputs['targets']!, labelSmoothing), ops.scalar(2))
        const { value, gradients } = valueAndGradients(loss, { logits: state['logits']! })
        return { outputs: { loss: value, gradient: gradients['logits']! } }
      },
      { label: 'loss', state: [state], inputs: { targets: { dtype: 'int32', shape: [3, 4] } } },
    )
    return program.run({ targets: ints([3, 4], Int32Array.from(targets)) })
  }

  test.each(golden.cases)(
    "equals PyTorch's cross_entropy in value and gradient with label smoothing $smoothing",
    async (expected) => {
      const { loss, gradient } = await lossAndGradient(golden.targets, expected.smoothing)
      expect(loss?.data[0]).toBeCloseTo(2 * expected.loss, 5)
      gradient?.data.forEach((value, i) => expect(value).toBeCloseTo(expected.gradient[i]!, 6))
    },
  )

  test('gives ignored positions a gradient of exactly zero, although -100 is a valid index from the end of a large vocabulary', async () => {
    const { gradient } = await lossAndGradient(golden.targets, 0)
    golden.targets.forEach((target, row) => {
      const part = gradient!.data.subarray(row * 11, row * 11 + 11)
      expect(part.every((value) => value === 0)).toBe(target === ignored)
    })
  })

  test('is zero, not NaN, where every target is ignored', async () => {
    const { loss, gradient } = await lossAndGradient(Array<number>(12).fill(ignored), 0.1)
    expect(Math.abs(loss!.data[0]!)).toBe(0)
    expect(gradient?.data.every((value) => value === 0)).toBe(true)
  })

  test('stays finite for logits of a thousand', async () => {
    const state = engine.hold({ x: floats([1, 2], Float32Array.of(1000, -1000)) })
    const program = await engine.compile(
      ({ state, inputs }) => ({ outputs: { loss: captionLoss(state['x']!, inputs['targets']!) } }),
      { label: 'large', state: [state], inputs: { targets: { dtype: 'int32', shape: [1] } } },
    )
    expect((await program.run({ targets: ints([1], Int32Array.of(1)) }))['loss']).toEqual(scalar(2000))
  })
})
