// Beam search as transformers 5 does it (generation/utils.py, `_beam_search`), one caption at a time: scores are summed in float32, a
// finished caption's score is divided by length^penalty with its end token counted, and the start token counts in n-grams.
import { requireFinite } from './search.ts'
import type { Candidates, Continuation, Ends, Search, Strategy } from './search.ts'

/** When a search ends whose finished captions are as many as its beams: at once, when it is unlikely to find a better one, or when it cannot. */
export type EarlyStopping = boolean | 'never'

export interface BeamOptions {
  readonly beams: number
  /** The exponent of the length that a finished caption's score is divided by: above 0 prefers long captions, below 0 short ones. */
  readonly lengthPenalty: number
  readonly earlyStopping: EarlyStopping
  /** No such number of tokens in a row comes twice; 0 = no such rule. */
  readonly noRepeatNgram: number
  /** Tokens of a caption at least. */
  readonly minLength: number
}

/** The caption with the best score that a beam of texts finds; among equal scores the earlier text, then the likelier and lower token. */
export function beamSearch(ends: Ends, options: BeamOptions): Strategy {
  const { beams, noRepeatNgram, minLength } = options
  const banned = (noRepeatNgram > 0 ? ends.maxLength : 0) + (minLength > 0 ? 1 : 0) // at most
  return { beams, candidates: 2 * beams + banned, begin: () => search(ends, options) }
}

/** A text and the sum of its tokens' log-probabilities. */
interface Text {
  readonly tokens: readonly number[]
  readonly score: number
}

/** A text of the beam with one token more. */
interface Grown extends Text {
  readonly from: number
  readonly ended: boolean
}

function search(ends: Ends, options: BeamOptions): Search {
  const { beams, lengthPenalty } = options
  let running: readonly Text[] = [{ tokens: [], score: 0 }] // the best first
  let finished: readonly Text[] = [] // the best first, with their final scores

  function advance(candidates: readonly Candidates[]): readonly Continuation[] {
    const length = running[0]!.tokens.length + 1 // with this token, an end among them
    const grown = bestGrown(running, candidates, ends, options)
    const last = length === ends.maxLength
    const ending = grown.slice(0, beams).filter(({ ended }) => ended || last)
    const scored = ending.map(({ tokens, score }) => ({ tokens, score: perLength(score, length, lengthPenalty) }))
    finished = [...finished, ...scored].sort(byScore).slice(0, beams)
    const going = grown.filter(({ ended }) => !ended).slice(0, beams)
    if (last || going.length === 0 || isSettled(going[0]!, length)) return []
    running = going
    return going.map(({ from, tokens }) => ({ from, token: tokens.at(-1)! }))
  }

  /** Whether the search is over although its best text could go on. */
  function isSettled(best: Text, length: number): boolean {
    if (finished.length < beams) return false
    if (options.earlyStopping === true) return true
    const hoped = options.earlyStopping === 'never' && lengthPenalty > 0 ? ends.maxLength : length
    return perLength(best.score, hoped, lengthPenalty) <= finished.at(-1)!.score
  }

  return { advance, caption: () => [...(finished[0] ?? running[0]!).tokens] }
}

/** The best continuations of all texts, twice as many as beams, so that enough are left when some of them end. */
function bestGrown(texts: readonly Text[], candidates: readonly Candidates[], ends: Ends, options: BeamOptions): Grown[] {
  const grown = texts.flatMap((text, from) => {
    const { ids, logProbs } = candidates[from]!
    requireFinite(candidates[from]!)
    const banned = bannedAfter(text.tokens, ends, options)
    const made: Grown[] = []
    for (let i = 0; i < ids.length && made.length < 2 * options.beams; i++) {
      const token = ids[i]!
      if (banned.has(token) || logProbs[i] === -Infinity) continue
      const ended = token === ends.end
      const tokens = ended ? text.tokens : [...text.tokens, token]
      made.push({ from, tokens, ended, score: Math.fround(text.score + logProbs[i]!) })
    }
    return made
  })
  return grown.sort(byScore).slice(0, 2 * options.beams)
}

/** What must not follow: the end before the least length, and a token that would complete an n-gram for the second time. */
function bannedAfter(tokens: readonly number[], { start, end }: Ends, { noRepeatNgram: n, minLength }: BeamOptions): Set<number> {
  const banned = new Set(tokens.length < minLength ? [end] : [])
  if (n === 0) return banned
  const read = [start, ...tokens]
  const opening = read.slice(read.length - (n - 1))
  for (let at = 0; at + n <= read.length; at++) {
    if (opening.every((token, i) => token === read[at + i])) banned.add(read[at + n - 1]!)
  }
  return banned
}

/** Sorting is stable, so that among equals the earlier stays before. */
function byScore(a: Text, b: Text): number {
  return b.score - a.score
}

function perLength(score: number, length: number, penalty: number): number {
  return Math.fround(score / length ** penalty)
}
