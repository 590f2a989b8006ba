import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { gpt2Tokenizer } from '../../../src/tokenizer/gpt2.ts'
import { wordsOfIds } from '../../../src/tokenizer/words-of-ids.ts'
import { publishedFolder, reason, smallFolder } from './vocabularies.ts'

const tokenizer = gpt2Tokenizer(smallFolder, 'gpt2')
const wordsOf = (ids: readonly number[], by = tokenizer) => wordsOfIds(by, ids).map(({ text }) => text)

describe('the words of ids', () => {
  it('have all pieces that spell them, each once and in order', () => {
    const ids = tokenizer.encode('a surfboarder rides unbelievably, again.')
    const words = wordsOfIds(tokenizer, ids)
    expect(words.map(({ text }) => text)).toEqual(['a', 'surfboarder', 'rides', 'unbelievably', ',', 'again', '.'])
    expect(ids.length).toBeGreaterThan(words.length)
    expect(words.flatMap(({ from, to }) => ids.slice(from, to))).toEqual(ids)
  })

  it('are found where a character is spelled by several pieces, or by some of them only', () => {
    const ids = tokenizer.encode('a 👍 at a café')
    expect(wordsOf(ids)).toEqual(['a', '👍', 'at', 'a', 'café'])
    expect(wordsOf(ids.slice(0, 3))).toEqual(['a', tokenizer.decode(ids.slice(1, 3)).trim()])
  })

  it('are found where a model spells them as no tokenizer would', () => {
    const letters = Array.from('a dog').flatMap((letter) => tokenizer.encode(letter))
    expect(wordsOf(letters)).toEqual(['a', 'dog'])
    expect(wordsOf(tokenizer.encode('  a   dog  '))).toEqual(['a', 'dog', ''])
    expect(wordsOf([])).toEqual([])
  })

  it("are those of the built-in world's vocabulary", () => {
    const world = gpt2Tokenizer(fromRoot('weights/shapes/gpt2'), 'course')
    const text = 'Three shapes: a purple arrow, a small yellow moon.'
    expect(wordsOf(world.encode(text), world).join(' ')).toBe('Three shapes : a purple arrow , a small yellow moon .')
  })

  it.skipIf(publishedFolder === '')(`are those of the published vocabulary${reason}`, () => {
    const published = gpt2Tokenizer(join(publishedFolder), 'course')
    const ids = published.encode("a skateboarder's unicycles")
    expect(wordsOf(ids, published)).toEqual(['a', 'skateboarder', "'s", 'unicycles'])
  })
})
