// Where the tests find vocabularies: small ones beside the golden ids, and the published ones where CAPTUNE_TEST_DATA holds them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const fixtures = join(import.meta.dirname, '../../fixtures/tokenizer')
const data = process.env['CAPTUNE_TEST_DATA']

type Way = 'course' | 'gpt2' | 'clip'
type Golden = Record<Way, (number[] | null)[]> & { coco: Record<Way, string> }

export const smallFolder = join(fixtures, 'small')
export const smallClip = join(smallFolder, 'clip.txt.gz')

/** Set to '' where the published vocabularies are absent; tests then skip. */
export const publishedFolder = data === undefined ? '' : join(data, 'vocabulary')
export const publishedClip = join(publishedFolder, 'bpe_simple_vocab_16e6.txt.gz')
export const reason = publishedFolder === '' ? ' (skipped: CAPTUNE_TEST_DATA is not set)' : ''

/** Texts of our own and their ids from make-golden.py; null where the course's dialect refuses. */
export const texts = readJson(join(fixtures, 'texts.json')) as string[]
export const golden = readJson(join(fixtures, 'golden.json')) as { published: Golden; small: Golden }

/** The 400 captions of coco-mini. */
export function cocoCaptions(): string[] {
  const { annotations } = readJson(join(data ?? '', 'coco-mini/captions.json')) as { annotations: { caption: string }[] }
  return annotations.map(({ caption }) => caption)
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
