import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { sha256 } from '../../../src/base/files.ts'
import { random } from '../../../src/base/random.ts'
import { gpt2Tokenizer, TokenizerError } from '../../../src/tokenizer/gpt2.ts'
import { cocoCaptions, golden, publishedFolder, reason, smallFolder, texts } from './vocabularies.ts'

const dialects = ['course', 'gpt2'] as const
const temporary = mkdtempSync(join(tmpdir(), 'gpt2-test-'))
afterAll(() => rmSync(temporary, { recursive: true }))

function thrown(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe.each(dialects)('the %s dialect on a small vocabulary', (dialect) => {
  const tokenizer = gpt2Tokenizer(smallFolder, dialect)

  it('takes sizes and ids from the files', () => {
    const tokens = Object.keys(JSON.parse(readFileSync(join(smallFolder, 'encoder.json'), 'utf8')) as object)
    expect(tokenizer).toMatchObject({ size: tokens.length, start: tokens.length - 1, end: tokens.length - 1 })
  })

  it.each(texts.map((text, i) => [text, golden.small[dialect][i]] as const))('encodes %j as the reference', (text, ids) => {
    if (ids === null) expect(() => tokenizer.encode(text)).toThrow(TokenizerError)
    else expect(tokenizer.encode(text)).toEqual(ids)
  })

  it('gives back what it encoded, for 10 000 random strings', () => {
    const draw = random(1, 'round trip', dialect)
    const ranges = [[32, 95], [32, 95], [9, 5], [0xa1, 0x15f], [0x370, 0xff], [0x4e00, 500], [0x1f600, 64], [0x2000, 48], [0xfeff, 1]] as const // prettier-ignore
    let tried = 0
    while (tried < 10_000) {
      const text = Array.from({ length: draw.below(24) }, () => {
        const [first, count] = ranges[draw.below(ranges.length)]!
        return String.fromCodePoint(first + draw.below(count))
      }).join('')
      if (dialect === 'course' && Buffer.from(text).includes(0xad)) continue
      tried++
      const back = tokenizer.decode(tokenizer.encode(text))
      if (back !== text) expect(back).toBe(text)
    }
  })

  it('replaces bytes that are not UTF-8, and keeps a byte order mark', () => {
    const [first = 0] = tokenizer.encode('é')
    expect(tokenizer.decode([first])).toBe('\ufffd')
    expect(tokenizer.decode(tokenizer.encode('\ufeffa'))).toBe('\ufeffa')
  })
})

describe('the two dialects', () => {
  const course = gpt2Tokenizer(smallFolder, 'course')
  const gpt2 = gpt2Tokenizer(smallFolder, 'gpt2')

  it('differ at byte 173: the course cannot spell it and says so', () => {
    const text = 'a sandwich al aguacate en Madríd'
    const error = thrown(() => course.encode(text))
    expect(error).toBeInstanceOf(UserError)
    expect(error).toMatchObject({ byte: 0xad, text })
    expect(String(error)).toContain(`"${text}": byte 0xAD of "í" has no token in the course's dialect; use the gpt2 dialect`)
    expect(gpt2.decode(gpt2.encode(text))).toBe(text)
  })

  it('differ in the tokens they can read: a decoder is told which to avoid', () => {
    expect(gpt2.undecodable).toEqual([])
    expect(course.undecodable).toEqual([255])
    expect(() => course.decode([255])).toThrow(/token 255 "Ń": cannot be read in the course dialect/)
    expect(gpt2.decode([255])).toBe('\ufffd')
  })

  it('differ in the special token: refused, allowed, or plain text', () => {
    expect(() => course.encode('a dog<|endoftext|>')).toThrow(/holds the special token/)
    expect(course.encode('<|endoftext|>', { special: true })).toEqual([course.end])
    expect(gpt2.encode('<|endoftext|>').length).toBeGreaterThan(1)
    for (const { decode, end } of [course, gpt2]) expect(decode([end])).toBe('<|endoftext|>')
  })
})

describe('a vocabulary that is wrong', () => {
  const encoder = readFileSync(join(smallFolder, 'encoder.json'), 'utf8')
  const merges = readFileSync(join(smallFolder, 'vocab.bpe'), 'utf8')
  const read = (files: Record<string, string>) => {
    const folder = mkdtempSync(join(temporary, 'v-'))
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    return () => gpt2Tokenizer(folder, 'course')
  }

  it.each([
    ['is missing', {}, /encoder\.json: the vocabulary's tokens is missing/],
    ['has no merges', { 'encoder.json': encoder }, /vocab\.bpe: the vocabulary's merges is missing/],
    ['is not JSON', { 'encoder.json': '{', 'vocab.bpe': merges }, /encoder\.json: .* is not valid JSON/],
    ['is a list', { 'encoder.json': '[]', 'vocab.bpe': merges }, /encoder\.json: not a JSON object/],
    [
      'has an id that is no number',
      { 'encoder.json': '{"a": "0"}', 'vocab.bpe': merges },
      /token "a" has id "0"; ids are whole numbers from 0 to 0/,
    ],
    ['has an id out of range', { 'encoder.json': '{"a": 7}', 'vocab.bpe': merges }, /token "a" has id 7/],
    ['gives an id twice', { 'encoder.json': '{"a": 0, "b": 0}', 'vocab.bpe': merges }, /tokens "a" and "b" share id 0/],
    ['has no end token', { 'encoder.json': '{"a": 0}', 'vocab.bpe': merges }, /no token <\|endoftext\|>/],
    [
      'lacks a byte',
      { 'encoder.json': '{"<|endoftext|>": 0}', 'vocab.bpe': '#version: 0.2\n' },
      /encoder\.json: no token for byte 0x00/,
    ],
    [
      'has merges without a headline',
      { 'encoder.json': encoder, 'vocab.bpe': 'a b\n' },
      /vocab\.bpe: line 1 does not begin with "#version"/,
    ],
    [
      'has a line that is no merge',
      { 'encoder.json': encoder, 'vocab.bpe': '#version\nĠ a\nabc\n' },
      /vocab\.bpe:3: "abc" is not a merge/,
    ],
    [
      'merges what is no token',
      { 'encoder.json': encoder, 'vocab.bpe': '#version\nq q\n' },
      /vocab\.bpe:2: token "qq" is not in encoder\.json/,
    ],
  ])('%s: one sentence', (_, files, sentence) => {
    expect(read(files)).toThrow(UserError)
    expect(read(files)).toThrow(sentence)
  })

  it('may have Windows line ends or no last line end', () => {
    const ids = gpt2Tokenizer(smallFolder, 'course').encode('a red circle')
    for (const variant of [merges.replaceAll('\n', '\r\n'), merges.trimEnd()])
      expect(read({ 'encoder.json': encoder, 'vocab.bpe': variant })().encode('a red circle')).toEqual(ids)
  })

  it.skipIf(reason !== '')(`is cut beside its published other half${reason}`, () => {
    const folder = mkdtempSync(join(temporary, 'cut-'))
    cpSync(join(publishedFolder, 'encoder.json'), join(folder, 'encoder.json'))
    writeFileSync(
      join(folder, 'vocab.bpe'),
      readFileSync(join(publishedFolder, 'vocab.bpe'), 'utf8').split('\n').slice(0, 900).join('\n'),
    )
    expect(() => gpt2Tokenizer(folder, 'course')).toThrow(
      /vocab\.bpe: 899 merges beside GPT-2's encoder\.json; its own vocab\.bpe has 50000/,
    )
  })
})

describe.skipIf(reason !== '')(`GPT-2's published vocabulary${reason}`, () => {
  const tokenizers =
    reason === '' ? { course: gpt2Tokenizer(publishedFolder, 'course'), gpt2: gpt2Tokenizer(publishedFolder, 'gpt2') } : undefined

  it('has the known sizes', () => {
    for (const dialect of dialects) expect(tokenizers?.[dialect]).toMatchObject({ size: 50257, start: 50256, end: 50256 })
    expect(tokenizers?.course.undecodable).toHaveLength(18)
    expect(tokenizers?.course.undecodable.slice(0, 8)).toEqual([255, 3907, 8836, 16253, 18433, 20804, 22020, 25084])
  })

  it.each([
    [
      'a kitchen with a sink and many cooking machines and a pot of food',
      [64, 9592, 351, 257, 14595, 290, 867, 10801, 8217, 290, 257, 1787, 286, 2057],
    ],
    ['a dog.', [64, 3290, 13]],
    ['abc123 foo_bar', [39305, 10163, 22944, 62, 5657]],
    ['a  dog \n', [64, 220, 3290, 220, 198]],
    ['it\'s a "dog"', [270, 338, 257, 366, 9703, 1]],
    ['café', [66, 1878, 2634]],
    ['', []],
  ])("encodes %j as the course's tokenizer did", (text, ids) => {
    expect(tokenizers?.course.encode(text)).toEqual(ids)
    expect(tokenizers?.course.decode(ids)).toBe(text)
  })

  it.each(dialects)('encodes the texts and the 400 captions of COCO as the reference, dialect %s', (dialect) => {
    const encode = tokenizers![dialect].encode
    texts.forEach((text, i) => {
      const ids = golden.published[dialect][i]
      if (ids !== null) expect(encode(text), JSON.stringify(text)).toEqual(ids)
    })
    expect(sha256(JSON.stringify(cocoCaptions().map((caption) => encode(caption))))).toBe(golden.published.coco[dialect])
  })

  it('encodes 50 000 captions in less than a second of processor time', () => {
    const captions = cocoCaptions()
    const before = process.cpuUsage()
    for (let i = 0; i < 50_000; i++) tokenizers!.course.encode(captions[i % captions.length]!)
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1)
  })
})
