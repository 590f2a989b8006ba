import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bleu, corpusBleu } from '../../../src/metrics/bleu.ts'
import { cider, documentFrequency } from '../../../src/metrics/cider.ts'
import { rougeL } from '../../../src/metrics/rouge.ts'

interface Fixture {
  hypotheses: Record<string, string>
  references: Record<string, string[]>
  train: Record<string, string[]>
  ciderD: Golden
  cider: Golden
  ciderDOfTrain: Golden
  rougeL: Golden
  bleu: { score: number[]; perImage: Record<string, number[]> }
}
interface Golden {
  score: number
  perImage: Record<string, number>
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/metrics/captions.json', import.meta.url), 'utf8')) as Fixture
const words = (caption: string) => (caption === '' ? [] : caption.split(' '))
const each = <T, U>(record: Record<string, T>, change: (value: T) => U) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
const hypotheses = each(fixture.hypotheses, words)
const references = each(fixture.references, (captions) => captions.map(words))

function expectEqual(found: Golden, golden: Golden): void {
  expect(Math.abs(found.score - golden.score)).toBeLessThan(1e-12)
  expect(Object.keys(found.perImage)).toEqual(Object.keys(golden.perImage))
  for (const [image, score] of Object.entries(golden.perImage))
    expect(Math.abs(found.perImage[image]! - score), image).toBeLessThan(1e-12)
}

describe('the toolkit on 40 made-up images with empty, repeated, unknown and exact captions', () => {
  it('gives the CIDEr that we give, image by image', () => {
    expectEqual(cider(hypotheses, references), fixture.ciderD)
  })

  it('gives the BLEU that we give, image by image and summed over the corpus', () => {
    const found = bleu(hypotheses, references)
    found.score.forEach((score, n) => expect(Math.abs(score - fixture.bleu.score[n]!)).toBeLessThan(1e-12))
    for (const [image, scores] of Object.entries(fixture.bleu.perImage)) {
      scores.forEach((score, n) =>
        expect(Math.abs(found.perImage[image]![n]! - score), `${image} BLEU-${n + 1}`).toBeLessThan(1e-12),
      )
    }
  })

  it('gives the BLEU of any set of the images, as if the others were not there', () => {
    const { matches } = bleu(hypotheses, references)
    const few = ['image20', 'image21', 'image22']
    const [own, theirs] = [hypotheses, references].map((all) => Object.fromEntries(few.map((image) => [image, all[image]!])))
    expect(corpusBleu(matches, [20, 21, 22])).toEqual(bleu(own as typeof hypotheses, theirs as typeof references).score)
  })

  it('gives the ROUGE-L that we give, where an empty caption counts as one empty word', () => {
    expectEqual(rougeL(hypotheses, references), fixture.rougeL)
    expect(rougeL(hypotheses, references).perImage.image10).toBeCloseTo(1, 12)
  })
})

describe('CIDEr', () => {
  it('has the original variant, without clipping and length penalty', () => {
    expectEqual(cider(hypotheses, references, { variant: 'cider' }), fixture.cider)
  })

  it('takes document frequencies counted on a training set', () => {
    const frequencies = documentFrequency(each(fixture.train, (captions) => captions.map(words)))
    expectEqual(cider(hypotheses, references, { documentFrequency: frequencies }), fixture.ciderDOfTrain)
  })

  it('is the same when the frequencies are counted beforehand on the same references', () => {
    expectEqual(cider(hypotheses, references, { documentFrequency: documentFrequency(references) }), fixture.ciderD)
  })

  it('is 0 for a single image, because nothing is rarer than anything else there', () => {
    expect(cider({ a: ['a', 'dog'] }, { a: [['a', 'dog']] }).score).toBe(0)
  })

  it('is 10 for captions of four words or more equal to their references, and less below, where longer n-grams are missing', () => {
    const same = { a: ['a', 'dog', 'that', 'runs'], b: ['two', 'cats', 'that', 'sleep', 'here'], c: ['a', 'tree'] }
    const { perImage } = cider(same, { a: [same.a], b: [same.b], c: [same.c] })
    expect(perImage.a).toBeCloseTo(10, 12)
    expect(perImage.b).toBeCloseTo(10, 12)
    expect(perImage.c).toBeCloseTo(5, 12)
  })

  it('takes any file name for an image, even one that JavaScript objects treat apart', () => {
    const captions = JSON.parse('{"__proto__": ["a", "dog"], "10": ["a", "cat"]}') as Record<string, string[]>
    const scores = cider(
      captions,
      each(captions, (caption) => [caption]),
    )
    expect(Object.entries(scores.perImage)).toHaveLength(2)
    expect(scores.score).toBeGreaterThan(1)
  })

  it('refuses hypotheses and references of different images, and images without references', () => {
    expect(() => cider({ a: ['x'] }, { a: [['x']], b: [['y']] })).toThrow('different images')
    expect(() => cider({ a: ['x'], c: ['y'] }, { a: [['x']], b: [['y']] })).toThrow('b has references but no hypothesis')
    expect(() => cider({ a: ['x'] }, { a: [] })).toThrow('a has no references')
    expect(() => cider({}, {})).toThrow('no images')
  })
})

describe('published scores', () => {
  const readme = {
    hypotheses: { 0: words('i am a boy'), 1: words('she is a girl') },
    references: { 0: [words('am i a boy')], 1: [words('is she a girl')] },
  }

  it('of the language-evaluation README', () => {
    expect(cider(readme.hypotheses, readme.references).score).toBeCloseTo(3.333333333333333, 12)
    const golden = [0.9999999997500004, 0.5773502690332603, 4.3679023223468616e-6, 1.4287202142987477e-8]
    bleu(readme.hypotheses, readme.references).score.forEach((score, n) =>
      expect(Math.abs(score - golden[n]!)).toBeLessThan(1e-12),
    )
    expect(rougeL(readme.hypotheses, readme.references).score).toBeCloseTo(0.75, 12)
  })
})
