import { describe, expect, it } from 'vitest'
import { random } from '../../../src/base/random.ts'
import { cider } from '../../../src/metrics/cider.ts'
import { bestConstantCaption } from '../../../src/metrics/constant-caption.ts'

const { pick, below } = random(3, 'test captions')
const vocabulary = 'a a a red blue small circle square star left of above and the big'.split(' ')
const caption = () => Array.from({ length: 3 + below(9) }, () => pick(vocabulary))
const world = (images: number) =>
  Object.fromEntries(Array.from({ length: images }, (_, i) => [`i${i}`, Array.from({ length: 1 + (i % 5) }, caption)]))

describe('the best constant caption', () => {
  it('is the candidate with the highest mean CIDEr when every image gets it', () => {
    const references = world(30)
    const candidates = [...Array.from({ length: 60 }, caption), []]
    const scored = candidates.map(
      (tokens) => cider(Object.fromEntries(Object.keys(references).map((image) => [image, tokens])), references).score,
    )
    const best = bestConstantCaption(candidates, references)
    expect(best.score).toBeCloseTo(Math.max(...scored), 12)
    expect(best.caption).toEqual(candidates[scored.indexOf(Math.max(...scored))])
  })

  it('is found among 5000 candidates for 300 images in seconds of computing', () => {
    const start = process.cpuUsage().user
    const { score } = bestConstantCaption(Array.from({ length: 5000 }, caption), world(300))
    expect(score).toBeGreaterThan(0)
    expect(process.cpuUsage().user - start).toBeLessThan(5e6)
  })

  it('needs a candidate', () => {
    expect(() => bestConstantCaption([], world(3))).toThrow('no candidates')
  })
})
