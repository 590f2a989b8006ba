import { describe, expect, it } from 'vitest'
import { floats } from '../../../src/base/nd-array.ts'
import { attentionRollout } from '../../../src/recipes/attention-rollout.ts'

const table = (...rows: number[][]) => floats([rows.length, rows[0]!.length], Float32Array.from(rows.flat()))
const values = ({ data }: { data: Float32Array }) => Array.from(data, (value) => Number(value.toFixed(6)))

describe('attention rollout', () => {
  const alone = table([1, 0], [0, 1])
  const backwards = table([1, 0], [0.5, 0.5])
  const image = table([1, 0, 0], [0, 0.5, 0.5])

  it('of one layer is its attention', () => {
    expect(values(attentionRollout([{ text: backwards, image }]))).toEqual(values(image))
  })

  it('halves what a position keeps and what it takes over, as computed by hand', () => {
    // after layer 0: image / 2. Layer 1: of the text, row 1 takes a quarter from row 0 and three quarters from itself; then the image again
    const kept = [0.5 * 0.25, 0.25 * 0.75, 0.25 * 0.75]
    const row = kept.map((share, i) => share / 2 + [0, 0.5, 0.5][i]! / 2)
    const total = row.reduce((sum, share) => sum + share, 0)
    const found = attentionRollout([
      { text: alone, image },
      { text: backwards, image },
    ])
    expect(values(found)).toEqual([1, 0, 0, ...row.map((share) => Number((share / total).toFixed(6)))])
  })

  it('takes nothing of the image from a prefix, passes through layers that do not look, and has rows with the sum 1', () => {
    const behindPrefix = table([0.6, 0.4, 0], [0.2, 0.4, 0.4]) // one slot before the text
    const found = attentionRollout([{ text: alone, image }, { text: behindPrefix }])
    expect(values(found).slice(0, 3)).toEqual([1, 0, 0])
    expect(found.data.slice(3).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6)
    expect(found.data[3]!).toBeCloseTo((0.4 * 0.5) / (0.4 * 0.5 + 1.4 * 0.5), 6)
  })

  it('is refused to a decoder that never looks', () => {
    expect(() => attentionRollout([{ text: alone }])).toThrow('never looks')
  })
})
