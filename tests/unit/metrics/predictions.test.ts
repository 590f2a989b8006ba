import { describe, expect, it } from 'vitest'
import { checkPredictions } from '../../../src/metrics/predictions.ts'

const check = (text: string, stems = ['0_0', '0_1']) => checkPredictions(text, stems, 'pred.json')

describe('a predictions file', () => {
  it('that the grader takes has nothing to say about it', () => {
    expect(check('{"0_0": "a dog", "0_1": "a cat"}')).toEqual({
      captions: { '0_0': 'a dog', '0_1': 'a cat' },
      order: ['0_0', '0_1'],
      errors: [],
      warnings: [],
    })
  })

  it('gets one line for each missing and each extra key', () => {
    expect(check('{"0_0": "a dog", "9": "x"}').errors).toEqual([
      'pred.json: `9` is no image of the annotations; leave it out.',
      'pred.json: `0_1` is missing; every image needs a caption.',
    ])
  })

  it('gets five lines of a kind, and how many more there are', () => {
    const stems = Array.from({ length: 8 }, (_, i) => `i${i}`)
    const { errors } = check('{"x": 1}', stems)
    expect(errors).toHaveLength(1 + 1 + 6)
    expect(errors.at(-1)).toBe('pred.json: 3 more images are missing.')
  })

  it('keeps its order, also of keys that JavaScript would sort as numbers, and of a key that occurs twice its first place', () => {
    const { order, captions } = check('{"b": "x", "1000092795": "y", "42": "z", "b": "w"}', ['42', '1000092795', 'b'])
    expect(order).toEqual(['b', '1000092795', '42'])
    expect(captions['b']).toBe('w')
  })

  it('is told when its keys kept the file extension', () => {
    expect(check('{"0_0.jpg": "a dog", "0_1": "a cat"}').errors).toContain(
      "pred.json: `0_0.jpg` has a file extension; the grader's name is `0_0`.",
    )
  })

  it('may hold nothing but strings', () => {
    expect(check('{"0_0": ["a dog"], "0_1": null}').errors).toEqual([
      'pred.json: `0_0` has a list; a string is needed.',
      'pred.json: `0_1` has null; a string is needed.',
    ])
  })

  it('is warned of empty captions, of keys that occur twice and of characters that shift lines in the Java toolkit', () => {
    const text = String.raw`{"0_0": " ", "0_1": "a {\"0_0\": 1} cat", "0_1": "a\u2028cat"}`
    expect(check(text)).toEqual({
      captions: { '0_0': ' ', '0_1': 'a\u2028cat' },
      order: ['0_0', '0_1'],
      errors: [],
      warnings: [
        'pred.json: `0_1` occurs more than once; readers keep the last.',
        'pred.json: `0_0` has an empty caption; it scores next to nothing.',
        'pred.json: `0_1` holds a line separator, a space here; the Java toolkit would shift every later caption by one.',
      ],
    })
  })

  it('may begin with a byte order mark and hold any key', () => {
    expect(check('\ufeff{"__proto__": "a dog"}', ['__proto__']).errors).toEqual([])
  })

  it('must be a JSON object', () => {
    expect(() => check('{"0_0": ')).toThrow(/^pred\.json: the predictions are not valid JSON \(.*\)\.$/)
    expect(() => check('["a dog"]')).toThrow(
      'pred.json: the predictions are a list; an object from image names to captions is needed.',
    )
  })
})
