import { describe, expect, it } from 'vitest'
import { referenceTokens, scoreTexts } from '../../../src/recipes/score.ts'

const references = {
  b: ['A red star.', 'One star, red'],
  a: ['a blue circle is left of a green square', 'There is a blue circle.'],
  c: ["It's a yellow heart"],
}

describe('scores of texts', () => {
  it('are perfect for captions that a human wrote, whatever their case and punctuation', () => {
    const captions = { a: 'A blue circle is left of a green square.', b: 'one star red', c: "it's a yellow heart!" }
    const { bleu4, rougeL, cider } = scoreTexts(captions, references)
    expect([bleu4, rougeL]).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)])
    expect(cider.score).toBeGreaterThan(4)
  })

  it('fall where the same captions are given to other images', () => {
    const own = scoreTexts({ a: 'there is a blue circle', b: 'a red star', c: "it's a yellow heart" }, references)
    const other = scoreTexts({ b: 'there is a blue circle', c: 'a red star', a: "it's a yellow heart" }, references)
    expect(other.cider.score).toBeLessThan(own.cider.score / 5)
    expect(other.rougeL).toBeLessThan(own.rougeL)
  })

  it('give CIDEr by image, and its mean as the score', () => {
    const { cider } = scoreTexts({ a: 'a blue circle', b: 'a red star', c: 'nothing' }, references)
    const values = Object.values(cider.perImage)
    expect(Object.keys(cider.perImage).toSorted()).toEqual(['a', 'b', 'c'])
    expect(cider.score).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 3, 12)
    expect(cider.perImage['c']).toBe(0)
  })

  it('do not depend on the order of the images', () => {
    const captions = { a: 'a blue circle', b: 'a red star', c: 'a heart' }
    const { a, b, c } = references
    expect(scoreTexts({ c: captions.c, b: captions.b, a: captions.a }, { c, a, b })).toEqual(scoreTexts(captions, references))
  })
})

describe('the words of human captions', () => {
  it('come back to the image that they were written for', () => {
    expect(referenceTokens(references, ['b', 'c', 'a'])).toEqual({
      b: [
        ['a', 'red', 'star'],
        ['one', 'star', 'red'],
      ],
      c: [['it', "'s", 'a', 'yellow', 'heart']],
      a: [
        ['a', 'blue', 'circle', 'is', 'left', 'of', 'a', 'green', 'square'],
        ['there', 'is', 'a', 'blue', 'circle'],
      ],
    })
  })
})
