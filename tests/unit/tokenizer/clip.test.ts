import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { sha256 } from '../../../src/base/files.ts'
import { clipTokenizer } from '../../../src/tokenizer/clip.ts'
import { cocoCaptions, golden, publishedClip, reason, smallClip, texts } from './vocabularies.ts'

const temporary = mkdtempSync(join(tmpdir(), 'clip-test-'))
afterAll(() => rmSync(temporary, { recursive: true }))

describe('CLIP on a small vocabulary', () => {
  const tokenizer = clipTokenizer(smallClip)

  it('numbers bytes, bytes at the end of a word, merges, start, end', () => {
    expect(tokenizer).toMatchObject({ size: tokenizer.end + 1, start: tokenizer.end - 1 })
    expect(tokenizer.encode('!')).toEqual([256])
    expect(tokenizer.encode('!a')).toEqual([256, 256 + 64])
  })

  it.each(texts.map((text, i) => [text, golden.small.clip[i]!] as const))('encodes %j as the reference', (text, ids) => {
    expect(tokenizer.encode(text)).toEqual(ids)
  })

  it('makes rows of the context that the model has', () => {
    const { start, end } = tokenizer
    const ids = tokenizer.encode('a red circle')
    const rows = tokenizer.tokenize(['a red circle', ''], { context: 12 })
    expect(rows.shape).toEqual([2, 12])
    expect([...rows.data.subarray(0, 12)]).toEqual([start, ...ids, end, ...Array<number>(10 - ids.length).fill(0)])
    expect([...rows.data.subarray(12, 15)]).toEqual([start, end, 0])
  })

  it('refuses a text that does not fit, or cuts it and keeps the end', () => {
    const text = 'a red circle and a blue square'
    const ids = tokenizer.encode(text)
    const context = ids.length + 1
    expect(() => tokenizer.tokenize(['a', text], { context })).toThrow(UserError)
    expect(() => tokenizer.tokenize([text], { context })).toThrow(
      `"${text}": the text is too long for CLIP's context, ${context + 1} tokens`,
    )
    expect([...tokenizer.tokenize([text], { context, truncate: true }).data]).toEqual([
      tokenizer.start,
      ...ids.slice(0, -1),
      tokenizer.end,
    ])
    expect([...tokenizer.tokenize([text], { context: context + 1 }).data]).toEqual([tokenizer.start, ...ids, tokenizer.end])
  })
})

describe('a CLIP vocabulary that is wrong', () => {
  it.each([
    ['not gzipped', Buffer.from('a b'), /cannot be unzipped/],
    ['cut', gzipSync('"#version: 0.2\na b\n').subarray(0, 20), /cannot be unzipped/],
    ['without a headline', gzipSync('a b\n'), /line 1 has no "#version"/],
    ['with a line that is no merge', gzipSync('#version\na b\nabc\n'), /:3: "abc" is not a merge/],
    ['with a merge of what was never made', gzipSync('#version\na b\nabc d\n'), /:3: token "abc" is made by no line above/],
  ])('%s: one sentence', (_, content, sentence) => {
    const file = join(temporary, 'vocabulary.txt.gz')
    writeFileSync(file, content)
    expect(() => clipTokenizer(file)).toThrow(UserError)
    expect(() => clipTokenizer(file)).toThrow(sentence)
  })

  it('missing: one sentence', () => {
    expect(() => clipTokenizer(join(temporary, 'none'))).toThrow(/CLIP's vocabulary is missing/)
  })
})

describe.skipIf(reason !== '')(`CLIP's published vocabulary${reason}`, () => {
  const tokenizer = reason === '' ? clipTokenizer(publishedClip) : undefined

  it('has the known size: a fifth of the merges in the file', () => {
    expect(tokenizer).toMatchObject({ size: 49408, start: 49406, end: 49407 })
  })

  it.each([
    ['a photo of a dog', [320, 1125, 539, 320, 1929]],
    ['A photo depicts a man riding a wave.', [320, 1125, 29340, 320, 786, 6765, 320, 4535, 269]],
    ['This is not a photo of bicycle', [589, 533, 783, 320, 1125, 539, 11652]],
    ['No chair, no score.', [871, 4269, 267, 871, 4431, 269]],
    ['caf&eacute; &amp;amp; tea', [15304, 261, 3274]],
    ['123 456', [272, 273, 274, 275, 276, 277]],
    ['“quotes” it’s', [257, 5808, 257, 585, 568]],
    ['ﬁsh & chips', [2759, 261, 8855]],
    ['日本', [39121, 19277, 361]],
    ['👍 dog', [4201, 1929]],
    ['rock-n-roll!!!', [2172, 268, 333, 268, 3341, 995]],
  ])('encodes %j as OpenAI', (text, ids) => {
    expect(tokenizer?.encode(text)).toEqual(ids)
  })

  it('encodes the texts and the 400 captions of COCO as the reference', () => {
    texts.forEach((text, i) => expect(tokenizer?.encode(text), JSON.stringify(text)).toEqual(golden.published.clip[i]))
    expect(sha256(JSON.stringify(cocoCaptions().map((caption) => tokenizer?.encode(caption))))).toBe(golden.published.coco.clip)
  })
})
