// Compares our tokenizer with the Java one (java-tokenizer.ts tells what is needed) on made-up text and prints the disagreements:
//   npx tsx tests/parity/ptb/fuzz.ts [lines of each kind, 40000] [seed, 1]
// Exit code 3 where caption-like text differs.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { random, type Random } from '../../../src/base/random.ts'
import { ptbTokensWithPunctuation } from '../../../src/metrics/ptb-tokenizer.ts'
import { javaTokens } from './java-tokenizer.ts'

const [count = 40_000, seed = 1] = process.argv.slice(2).map(Number)
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
const rare = Array.from('’‘“”–—…é½£€¢°²‚«»É日\u00a0\u00ad\u2010١\u0301\u2009😀')
const pieces =
  `can't won't it's U.S. a.m. p.m. etc. Mr. St. T.V. n't 5 12 1/2 3-D $5 50% #1 & and/or w/ b/w ... -- - , . ! ? ; : ( ) " ' \`\` '' ’ “ ” ‘ – — … é café
  <b> @home #tag http://a.b/c x@y.com No. no. Jan. The A It I '90s 'em o'clock cannot gonna 1,000 9:30 9:30am x-ray mother-in-law ½ 555-1234 :) 😀 日本 &amp;
  D.C. dogs' A&W AT&T * / \\ _ + = ~ ^ | [ ] { } < > % $ £ ° y'all b. X. vs. Jr. co.`.split(/\s+/)
const fragments =
  `a b x the The cat etc mr jan no U.S. n't 's is 5 12 555 1234 . , - -- ' " / ! ? : ; ) ( & @ # $ % < > _ + * A I AT o d l y ... com
  http:// www. &amp; em tis cannot gonna aa ie ing ol o' = ~ ^ \\ | [ ] { } \``.split(/\s+/)
fragments.push(' ', ' ', ' ', '. ', '. .')
const colours =
  'a man woman dog cat red blue small large sits stands holds on in near with two people street table sign bus train'.split(' ')

const kinds: Record<string, (r: Random) => string> = {
  captions: (r) => {
    const words = captionWords()
    let text = ''
    for (let left = 1 + r.below(14); left > 0; left--) {
      const word = r.uniform() < 0.72 ? r.pick(words) : r.pick(pieces)
      const shown =
        r.uniform() < 0.05 ? word.toUpperCase() : r.uniform() < 0.1 ? word.charAt(0).toUpperCase() + word.slice(1) : word
      text += (text !== '' && r.uniform() < 0.85 ? ' ' : '') + shown
    }
    return text + (r.uniform() < 0.6 ? r.pick(['.', '.', '.', ' .', '!', '...', '. ', '  ', '"', '.."', ',']) : '')
  },
  fragments: (r) => Array.from({ length: 1 + r.below(9) }, () => r.pick(fragments)).join(''),
  ascii: (r) => fromFew(r, ascii),
  typography: (r) =>
    r.uniform() < 0.5
      ? fromFew(r, [...ascii, ...rare, ...rare])
      : Array.from({ length: 6 }, () => r.pick([...fragments, ...rare])).join(''),
  unicode: (r) =>
    Array.from({ length: 1 + r.below(8) }, () =>
      r.uniform() < 0.4 ? r.pick(ascii) : String.fromCharCode(0x80 + r.below(0xff80)),
    ).join(''),
}

function fromFew(r: Random, characters: readonly string[]): string {
  const few = Array.from({ length: 3 + r.below(6) }, () => r.pick(characters))
  return Array.from({ length: 1 + r.below(10) }, () => r.pick(few)).join('')
}

let known: string[] | undefined
function captionWords(): string[] {
  return (known ??= [...new Set(cocoCaptions().join(' ').split(/\s+/)), ...colours])
}

function cocoCaptions(): string[] {
  const file = join(process.env.CAPTUNE_TEST_DATA ?? '', 'coco-mini', 'captions.json')
  if (!existsSync(file)) return []
  const { annotations } = JSON.parse(readFileSync(file, 'utf8')) as { annotations: { caption: string }[] }
  return annotations.map(({ caption }) => caption)
}

/** Compares and prints; returns how many lines differ. */
function compare(name: string, texts: readonly string[]): number {
  const lines = texts.map((text) => text.replace(/[\n\v\f\r\u2028\u2029]|[\ud800-\udfff]/g, ' '))
  const java = javaTokens(lines)
  const ours = ptbTokensWithPunctuation(lines).map((tokens) => tokens.join(' '))
  const different = lines.flatMap((line, i) => (java[i] === ours[i] ? [] : [{ line, java: java[i], ours: ours[i] }]))
  for (const found of different.slice(0, 10)) console.log(JSON.stringify(found, null, 1))
  console.log(`${name}: ${different.length} of ${lines.length} lines differ`)
  return different.length
}

let failed = compare('COCO captions', cocoCaptions()) > 0
for (const [kind, text] of Object.entries(kinds)) {
  const r = random(seed, 'fuzz', kind)
  const differing = compare(
    kind,
    Array.from({ length: count }, () => text(r)),
  )
  if (kind === 'captions' && differing > 0) failed = true
}
process.exitCode = failed ? 3 : 0
