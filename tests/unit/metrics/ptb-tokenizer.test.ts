import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cider } from '../../../src/metrics/cider.ts'
import { bleu } from '../../../src/metrics/bleu.ts'
import { rougeL } from '../../../src/metrics/rouge.ts'
import { lineSeparator, ptbTokenize, ptbTokensWithPunctuation } from '../../../src/metrics/ptb-tokenizer.ts'

const raw = (...captions: string[]) => ptbTokensWithPunctuation(captions).map((tokens) => tokens.join(' '))

const pairs: readonly [string, string][] = [
  ["A man's dog isn't on the t-shirt.", "a man 's dog is n't on the t-shirt ."],
  ['a "stop" sign.', "a `` stop '' sign ."],
  ["can't, won't & cannot", "ca n't , wo n't & can not"],
  ['(number 42)', '-lrb- number 42 -rrb-'],
  ["it's the dogs' house - big --", "it 's the dogs ' house - big --"],
  ['1/2 pizza $5.00 50% #1 @home a.m.', '1/2 pizza $ 5.00 50 % # 1 @home a.m.'],
  ["Mr. Smith vs. O'Neil Jr.", "mr. smith vs. o'neil jr. ."],
  ["rock n' roll", "rock n ' roll"],
  ['[the] <b>grass</b>', '-lsb- the -rsb- <b> grass </b>'],
  ['really?!', 'really ?!'],
  ['man,woman and child.The dog', 'man , woman and child.the dog'],
  ['6\'2"', "6 ' 2 ''"],
  ["two- way 1970's '70s", "two - way 1970 's '70s"],
  ['w/ a friend', 'w / a friend'],
  ['w/o hat', 'w/o hat'],
  ['9:30am', '9:30 am'],
  ["the 'stop' sign", "the ` stop ' sign"],
  ["a 'no parking' sign", "a ` no parking ' sign"],
  ['dog.. with', 'dog . . with'],
  ['. . .', '...'],
  ['a ......', 'a ... .'],
  ['a__b', 'a __ b'],
  ['half -eaten', 'half - eaten'],
  ['pre-', 'pre -'],
  ['50/50 24/7 7-up', '50/50 24/7 7-up'],
  ['AT&T', 'at&t'],
  ['a+b', 'a + b'],
  ['c++', 'c++'],
  ['20$', '20 $'],
  ['no. the', 'no . the'],
  ['No. 5', 'no. 5'],
  ['a sunday.', 'a sunday .'],
  ['😀 dog', 'dog'],
  ['it´s', 'it ´ s'],
  ["y'all", "y' all"],
]

describe('the PTB tokenizer', () => {
  it.each(pairs)('reads %s', (caption, tokens) => {
    expect(raw(caption)).toEqual([tokens])
  })

  it("reads a line's end in the light of the next line", () => {
    expect(raw('on plan b.', 'A dog')).toEqual(['on plan b .', 'a dog'])
    expect(raw('on plan b.', 'a dog')).toEqual(['on plan b.', 'a dog'])
    expect(raw('Washington D.C.', 'The dog')).toEqual(['washington d.c. .', 'the dog'])
    expect(raw('cats etc.', 'Dogs')).toEqual(['cats etc. .', 'dogs'])
    expect(raw('cats etc.', 'dogs')).toEqual(['cats etc.', 'dogs'])
    expect(raw('in jan.', 'a dog')).toEqual(['in jan.', 'a dog'])
    expect(raw('in jan.')).toEqual(['in jan. .'])
  })

  it('keeps a no-break space inside a fraction, at which the metrics split', () => {
    expect(ptbTokenize(['1 1/2 cups'])).toEqual([['1\u00a01/2', 'cups']])
  })

  it('takes out the punctuation of the list and nothing else', () => {
    expect(ptbTokenize(['A "red" dog; (big), isn\'t -- it?! Yes... [#1]'])).toEqual([
      ['a', 'red', 'dog', '-lrb-', 'big', '-rrb-', 'is', "n't", 'it', '?!', 'yes', '-lsb-', '#', '1', '-rsb-'],
    ])
  })

  it('gives every caption its own line, whatever it holds', () => {
    expect(ptbTokenize(['', 'a\ndog', 'a\r\ncat', 'a\u2028bird', 'x\u2029y', ' ', '\u0001', '. !', ''])).toEqual([
      [],
      ['a', 'dog'],
      ['a', 'cat'],
      ['a', 'bird'],
      ['x', 'y'],
      [],
      [],
      [],
      [],
    ])
    expect(ptbTokenize([])).toEqual([])
    expect(lineSeparator.test('a\u2028b')).toBe(true)
  })

  it('agrees with the Java tokenizer where it once did not', () => {
    const { lines, tokens } = JSON.parse(
      readFileSync(new URL('../../fixtures/metrics/ptb.json', import.meta.url), 'utf8'),
    ) as Record<'lines' | 'tokens', string[]>
    const ours = raw(...lines)
    lines.forEach((line, i) => expect(ours[i], JSON.stringify(line)).toBe(tokens[i]))
  })

  it('takes less than 2 s of computing for 40 000 captions with CIDEr, BLEU and ROUGE under 4 s together', () => {
    const captions = Array.from({ length: 40_000 }, (_, i) =>
      pairs
        .slice(i % 30, (i % 30) + 2)
        .map(([caption]) => `${caption} ${i % 977}`)
        .join(' '),
    )
    const start = process.cpuUsage().user
    const tokens = ptbTokenize(captions)
    expect(process.cpuUsage().user - start).toBeLessThan(2e6)
    const references = Object.fromEntries(Array.from({ length: 8000 }, (_, i) => [`i${i}`, tokens.slice(5 * i, 5 * i + 5)]))
    const hypotheses = Object.fromEntries(Array.from({ length: 8000 }, (_, i) => [`i${i}`, tokens[(7 * i) % 40_000]!]))
    for (const score of [cider, bleu, rougeL]) score(hypotheses, references)
    expect(process.cpuUsage().user - start).toBeLessThan(4e6)
  })
})

const data = process.env.CAPTUNE_TEST_DATA
const captionsFile = data === undefined ? undefined : join(data, 'coco-mini', 'captions.json')
const present = captionsFile !== undefined && existsSync(captionsFile)

describe.skipIf(!present)(
  `COCO's captions${present ? '' : ' (skipped: CAPTUNE_TEST_DATA does not name a folder with coco-mini)'}`,
  () => {
    it('are tokenised as by the Java tokenizer, all 400', () => {
      const { annotations } = JSON.parse(readFileSync(captionsFile!, 'utf8')) as { annotations: { caption: string }[] }
      const lines = raw(...annotations.map(({ caption }) => caption)).join('\n')
      const golden = readFileSync(new URL('../../fixtures/metrics/coco-mini.sha256', import.meta.url), 'utf8').trim()
      expect(createHash('sha256').update(lines).digest('hex')).toBe(golden)
    })
  },
)
