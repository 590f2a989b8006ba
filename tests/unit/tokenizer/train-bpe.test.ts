import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { random } from '../../../src/base/random.ts'
import { clipByteTokens, readClipMerges, writeClipMerges } from '../../../src/tokenizer/clip-file.ts'
import { clipTokenizer } from '../../../src/tokenizer/clip.ts'
import { gpt2Tokenizer } from '../../../src/tokenizer/gpt2.ts'
import { trainClipVocabulary, trainGpt2Vocabulary } from '../../../src/tokenizer/train-bpe.ts'
import { corpus } from '../../fixtures/tokenizer/corpus.ts'
import { smallClip, smallFolder } from './vocabularies.ts'

const folder = mkdtempSync(join(tmpdir(), 'train-bpe-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a learned vocabulary', () => {
  it('is the same to the byte whatever the order of the corpus', () => {
    const shuffled = random(1, 'corpus').shuffled(corpus())
    trainGpt2Vocabulary(shuffled, folder, { merges: 120, dialect: 'course' })
    trainClipVocabulary(shuffled, join(folder, 'clip.txt.gz'), { merges: 120 })
    for (const file of ['encoder.json', 'vocab.bpe', 'clip.txt.gz'])
      expect(readFileSync(join(folder, file)).equals(readFileSync(join(smallFolder, file))), file).toBe(true)
  })

  it('spells frequent words as one token', () => {
    const gpt2 = gpt2Tokenizer(smallFolder, 'course')
    const clip = clipTokenizer(smallClip)
    expect(gpt2.encode('a red circle left of a blue star').length).toBeLessThan(12)
    expect(clip.encode('red circle')).toHaveLength(2)
  })

  it('ends when no pair occurs twice', () => {
    trainGpt2Vocabulary(['ab ab'], folder, { merges: 50, dialect: 'gpt2' })
    expect(readFileSync(join(folder, 'vocab.bpe'), 'utf8')).toBe('#version: 0.2\na b\n')
    expect(gpt2Tokenizer(folder, 'gpt2').size).toBe(258)
  })

  it('lists the bytes in GPT-2’s order and the end token last', () => {
    const ids = JSON.parse(readFileSync(join(smallFolder, 'encoder.json'), 'utf8')) as Record<string, number>
    expect(ids).toMatchObject({ '!': 0, '~': 93, '¡': 94, 'Ā': 188, 'Ġ': 220, 'Ń': 255, '<|endoftext|>': Object.keys(ids).length - 1 }) // prettier-ignore
  })

  it('reads back from a gzip file longer than one block', () => {
    const tokens = clipByteTokens().slice(0, 200)
    const merges = tokens.flatMap((left) => tokens.map((right) => ({ left, right, merged: left + right })))
    const file = join(folder, 'long.txt.gz')
    writeClipMerges(file, merges)
    expect(statSync(file).size).toBeGreaterThan(3 * 65_535)
    expect(readClipMerges(file)).toEqual(merges)
  })
})
