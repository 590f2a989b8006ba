import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cider as ciderAlone } from '../../../src/metrics/cider.ts'
import { ptbTokenize } from '../../../src/metrics/ptb-tokenizer.ts'
import { comparisonOf, intervalOf, measuresOf } from '../../../src/recipes/measures.ts'
import { referenceTokens, scoreTexts } from '../../../src/recipes/score.ts'

const references = {
  b: ['A red star.', 'One star, red'],
  a: ['a blue circle is left of a green square', 'There is a blue circle.'],
  c: ["It's a yellow heart"],
}
const inOrder = (captions: Record<string, string>) => ({ captions, order: Object.keys(captions) })
const score = (captions: Record<string, string>) => scoreTexts(inOrder(captions), references)

describe('scores of texts', () => {
  it('are perfect for captions that a human wrote, whatever their case and punctuation', () => {
    const { bleu, rougeL, cider } = score({
      a: 'A blue circle is left of a green square.',
      b: 'one star red',
      c: "it's a yellow heart!",
    })
    expect([bleu.score[3], rougeL.score]).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)])
    expect(cider.score).toBeGreaterThan(4)
  })

  it('fall where the same captions are given to other images', () => {
    const own = score({ a: 'there is a blue circle', b: 'a red star', c: "it's a yellow heart" })
    const other = score({ b: 'there is a blue circle', c: 'a red star', a: "it's a yellow heart" })
    expect(other.cider.score).toBeLessThan(own.cider.score / 5)
    expect(other.rougeL.score).toBeLessThan(own.rougeL.score)
  })

  it('give CIDEr by image, and its mean as the score', () => {
    const { cider } = score({ a: 'a blue circle', b: 'a red star', c: 'nothing' })
    const values = Object.values(cider.perImage)
    expect(Object.keys(cider.perImage).toSorted()).toEqual(['a', 'b', 'c'])
    expect(cider.score).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 3, 12)
    expect(cider.perImage['c']).toBe(0)
  })

  it("follow the predictions' order, as the toolkit: what stands on the next line decides what a caption's end is", () => {
    const texts = { x: 'on plan b.', y: 'A dog', z: 'a cat' }
    const human = { x: ['on plan b'], y: ['a dog'], z: ['a cat'] }
    const perImage = (order: string[]) => scoreTexts({ captions: texts, order }, human).cider.perImage['x']!
    expect(perImage(['x', 'y', 'z'])).toBeGreaterThan(perImage(['x', 'z', 'y'])) // "plan b", but "plan b." before a small letter
    const direct = ciderAlone(
      Object.fromEntries(['x', 'z', 'y'].map((stem, i) => [stem, ptbTokenize(['on plan b.', 'a cat', 'A dog'])[i]!])),
      referenceTokens(human, ['x', 'z', 'y']),
    )
    expect(perImage(['x', 'z', 'y'])).toBe(direct.perImage['x'])
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

describe('measures', () => {
  const good = score({ a: 'there is a blue circle', b: 'a red star', c: "it's a yellow heart" })
  const bad = score({ a: 'a red star', b: 'a red circle', c: "it's a yellow heart" })

  it('are those of the chosen metrics, in the order of tables', () => {
    expect(measuresOf(bad).map(({ key }) => key)).toEqual(['cider', 'bleu1', 'bleu2', 'bleu3', 'bleu4', 'rougeL'])
    expect(measuresOf(bad, ['rouge', 'clip']).map(({ title }) => title)).toEqual(['ROUGE-L'])
  })

  it('have intervals around their scores, of BLEU around the score of the corpus', () => {
    for (const measure of measuresOf(bad)) {
      const { mean, low, high } = intervalOf(measure, { seed: 1 })
      expect(mean).toBeCloseTo(measure.score, 12)
      expect(low).toBeLessThanOrEqual(mean)
      expect(high).toBeGreaterThanOrEqual(mean)
    }
  })

  it('are compared image by image', () => {
    const [ours, theirs] = [measuresOf(good)[1]!, measuresOf(bad)[1]!]
    const { difference, won, lost } = comparisonOf(ours, theirs, { seed: 1 })
    expect(difference.mean).toBeCloseTo(ours.score - theirs.score, 12)
    expect(won).toBeGreaterThan(lost)
  })
})

const file = join(process.env.CAPTUNE_TEST_DATA ?? '', 'coco-mini', 'captions.json')
const reason = existsSync(file) ? '' : ' (skipped: CAPTUNE_TEST_DATA does not name a folder with coco-mini)'

describe.skipIf(reason !== '')(`80 images of COCO, a human caption of each against the other four${reason}`, () => {
  it('score as pycocoevalcap with the Java tokenizer scores them, image by image, to 1e-9', () => {
    const golden = JSON.parse(readFileSync(new URL('../../fixtures/metrics/coco-scores.json', import.meta.url), 'utf8')) as {
      cider: { score: number; perImage: Record<string, number> }
      bleu: { score: number[]; perImage: Record<string, number[]> }
      rougeL: { score: number; perImage: Record<string, number> }
    }
    const { predictions, references: human } = leaveOneOut()
    const { cider, bleu, rougeL } = scoreTexts(predictions, human)
    const near = (found: number, expected: number) => expect(Math.abs(found - expected)).toBeLessThan(1e-9)
    near(cider.score, golden.cider.score)
    near(rougeL.score, golden.rougeL.score)
    golden.bleu.score.forEach((expected, n) => near(bleu.score[n]!, expected))
    expect(Object.keys(golden.cider.perImage)).toHaveLength(80)
    for (const stem of predictions.order) {
      near(cider.perImage[stem]!, golden.cider.perImage[stem]!)
      near(rougeL.perImage[stem]!, golden.rougeL.perImage[stem]!)
      golden.bleu.perImage[stem]!.forEach((expected, n) => near(bleu.perImage[stem]![n]!, expected))
    }
  })
})

/** As make-coco-scores.py chooses them. */
function leaveOneOut() {
  const data = JSON.parse(readFileSync(file, 'utf8')) as {
    images: { id: number; file_name: string }[]
    annotations: { image_id: number; caption: string }[]
  }
  const texts = new Map(
    data.images.map(({ id, file_name }) => [id, { stem: file_name.replace(/\.[^.]*$/, ''), captions: [] as string[] }]),
  )
  for (const { image_id, caption } of data.annotations) texts.get(image_id)!.captions.push(caption)
  const backwards = (text: string) => Array.from(text).reverse().join('')
  const images = [...texts.values()].sort((a, b) => (backwards(a.stem) < backwards(b.stem) ? -1 : 1))
  return {
    predictions: {
      captions: Object.fromEntries(images.map(({ stem, captions }, n) => [stem, captions[n % 5]!])),
      order: images.map(({ stem }) => stem),
    },
    references: Object.fromEntries(images.map(({ stem, captions }, n) => [stem, captions.filter((_, i) => i !== n % 5)])),
  }
}
