// CIDEr, BLEU and ROUGE-L of many captions, tokenised first: Captune beside the COCO toolkit, which asks Java to tokenise and Python to score.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { random } from '../src/base/random.ts'
import type { Engine } from '../src/engine/engine.ts'
import { scoreTexts } from '../src/recipes/score.ts'
import { contest, type Entrant } from './contest.ts'
import { captune, type TorchHere } from './entrants.ts'
import type { Part } from './part.ts'
import { rowsOf } from './rows.ts'
import type { Prepared } from './turns.ts'

interface Corpus {
  /** By stem. */
  readonly captions: Readonly<Record<string, string>>
  readonly references: Readonly<Record<string, readonly string[]>>
}

const perImage = 5

export const scores: Part = {
  name: 'scores',
  about: "tokenising captions and scoring them; pycocoevalcap takes Java's tokenizer",
  async measure({ quick, torch, report }) {
    const images = quick ? 1000 : 6667
    const captions = images * (perImage + 1)
    report(`scores of ${captions} captions`)
    const folder = mkdtempSync(join(tmpdir(), 'captune-bench-'))
    try {
      const file = join(folder, 'corpus.json')
      writeFileSync(file, JSON.stringify(madeUp(images)))
      const ours = { ...captune('score', { file }), who: 'captune' }
      const outcomes = await contest([ours, ...toolkit(torch, file)], { rounds: 3, repetitions: 1 })
      return rowsOf(scores.name, `${captions} captions`, { value: captions, unit: 'captions' }, outcomes)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

function toolkit(torch: TorchHere, file: string): Entrant[] {
  if ('missing' in torch) return []
  const script = fileURLToPath(new URL('./peers/scores.py', import.meta.url))
  return [{ who: 'pycocoevalcap', command: torch.python, arguments: [script, '--turns', '--corpus', file] }]
}

/** All text scores of the corpus in `file`; no engine is needed. */
export function scoreWork(_: Engine, { file }: { file: string }): Promise<Prepared> {
  const { captions, references } = JSON.parse(readFileSync(file, 'utf8')) as Corpus
  const order = Object.keys(captions)
  const score = () => scoreTexts({ captions, order }, references)
  return Promise.resolve({ work: () => Promise.resolve(score()), facts: { cider: score().cider.score } })
}

const phrases = {
  who: 'a man|a woman|two dogs|the cat|a group of people|several kids|an old bus|a small plane|A young girl|Three birds'.split(
    '|',
  ),
  what: "is riding|sits on|stands next to|isn't near|are playing with|looks at|that's under|holding|flying over|walking down".split(
    '|',
  ),
  which: 'a red|the wooden|some well-known|a very large|an 8-inch|her|the blue and white|a "stop"|an out-of-focus'.split('|'),
  thing: "street|table|surfboard|kitchen counter|tennis racket|city street|pizza|bench|traffic sign|man's hat|T.V. set".split(
    '|',
  ),
  end: ['.', '.', '.', ' .', '', '!', ' on a sunny day.', ' in the U.S.', ', and another one behind it.'],
} as const

/** Captions with the words, signs and abbreviations that human ones have; the same on every machine. */
function madeUp(images: number): Corpus {
  const r = random(1, 'bench scores')
  const caption = () =>
    `${r.pick(phrases.who)} ${r.pick(phrases.what)} ${r.pick(phrases.which)} ${r.pick(phrases.thing)} ${r.below(4) === 0 ? `no. ${r.below(5000)} ` : ''}with ${r.pick(phrases.which)} ${r.pick(phrases.thing)}${r.pick(phrases.end)}`
  const stems = Array.from({ length: images }, (_, i) => `image_${i}`)
  return {
    captions: Object.fromEntries(stems.map((stem) => [stem, caption()])),
    references: Object.fromEntries(stems.map((stem) => [stem, Array.from({ length: perImage }, caption)])),
  }
}
