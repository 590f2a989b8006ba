// Learns a small vocabulary from a corpus and writes it in the published file formats, so that the tokenizers of this folder read it back.
import { mergeAll } from './byte-pairs.ts'
import type { Merge } from './byte-pairs.ts'
import { byteCharacters } from './bytes.ts'
import type { Dialect } from './bytes.ts'
import { END_OF_WORD, writeClipMerges } from './clip-file.ts'
import { CLIP_END, CLIP_START, clipWords } from './clip-words.ts'
import { writeGpt2Vocabulary } from './gpt2-files.ts'
import { END_OF_TEXT, gpt2Words } from './gpt2-words.ts'

/** Learns from words as `dialect` cuts them and writes `encoder.json` and `vocab.bpe`: 256 + merges + 1 tokens. */
export function trainGpt2Vocabulary(
  texts: readonly string[],
  folder: string,
  options: { merges: number; dialect: Dialect },
): void {
  const corpus = countWords(texts.flatMap((text) => gpt2Words(text, options.dialect)))
  writeGpt2Vocabulary(folder, learnMerges(corpus, spell, options.merges))
}

/** Learns from words as CLIP cuts them and writes a gzipped merge list: 512 + merges + 2 tokens. */
export function trainClipVocabulary(texts: readonly string[], file: string, options: { merges: number }): void {
  const corpus = countWords(texts.flatMap((text) => clipWords(text)))
  const spellToEnd = (word: string) =>
    spell(word).map((character, i, all) => (i + 1 < all.length ? character : character + END_OF_WORD))
  writeClipMerges(file, learnMerges(corpus, spellToEnd, options.merges))
}

const characters = byteCharacters('gpt2')

function spell(word: string): string[] {
  return Array.from(Buffer.from(word, 'utf8'), (byte) => characters[byte]!)
}

function countWords(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) if (![END_OF_TEXT, CLIP_START, CLIP_END].includes(word)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/**
 * At most `count` merges, the most frequent pair first; of equally frequent pairs the one that sorts first, so that the result does not
 * depend on the order of the corpus. Ends early when no pair occurs twice.
 */
function learnMerges(words: ReadonlyMap<string, number>, spell: (word: string) => string[], count: number): Merge<string>[] {
  let corpus = [...words].map(([word, times]) => ({ tokens: spell(word), times }))
  const merges: Merge<string>[] = []
  while (merges.length < count) {
    const merge = mostFrequentPair(corpus)
    if (merge === undefined) break
    merges.push(merge)
    corpus = corpus.map(({ tokens, times }) => ({ tokens: mergeAll(tokens, merge), times }))
  }
  return merges
}

function mostFrequentPair(corpus: readonly { tokens: readonly string[]; times: number }[]): Merge<string> | undefined {
  const counts = new Map<string, number>() // by `left right`: no token holds a space
  for (const { tokens, times } of corpus)
    for (let i = 0; i + 1 < tokens.length; i++) {
      const pair = `${tokens[i]!} ${tokens[i + 1]!}`
      counts.set(pair, (counts.get(pair) ?? 0) + times)
    }
  let best: string | undefined
  let most = 1
  for (const [pair, times] of counts)
    if (times > most || (times === most && best !== undefined && pair < best)) {
      best = pair
      most = times
    }
  if (best === undefined) return undefined
  const [left = '', right = ''] = best.split(' ')
  return { left, right, merged: left + right }
}
