// The tokenisation that the COCO toolkit scores: the Stanford PTB tokenizer 3.4.1 with -preserveLines -lowerCase on all captions at once, one
// a line, then its list of punctuation taken out. Written from the observable behaviour, which tests/parity/ptb compares.
import { withStandIns } from './ptb-characters.ts'
import { contractedWords, endingAbbreviations, leadingAbbreviations, numberAbbreviations } from './ptb-lexicon.ts'
import { rulesFor, type Rule } from './ptb-rules.ts'

const punctuation = new Set("'' ' `` ` -LRB- -RRB- -LCB- -RCB- . ? ! , : - -- ... ;".split(' '))

/**
 * The scored words of each caption. Captions are tokenised together, in this order, because a line's end is seen in the light of the next
 * line ("plan b." before "A dog" is another word than before "a dog"). Line separators inside a caption count as spaces.
 */
export function ptbTokenize(captions: readonly string[]): string[][] {
  return ptbTokensWithPunctuation(captions).map((tokens) => tokens.filter((token) => !punctuation.has(token)))
}

/** All that can begin a new line for the toolkit's tokenizer; inside a caption it would shift every later caption by one. */
export const lineSeparator = /[\n\v\f\r\u2028\u2029]/

/** As `ptbTokenize`, before punctuation is taken out. */
export function ptbTokensWithPunctuation(captions: readonly string[]): string[][] {
  if (captions.length === 0) return []
  const separators = new RegExp(lineSeparator, 'g')
  const text = captions.map((caption) => caption.replace(separators, ' ')).join('\n')
  const lines = tokenLines(text)
  if (lines.length !== captions.length) throw new Error(`ptb-tokenizer: ${captions.length} captions became ${lines.length} lines`)
  return lines
}

const plainWord = /[A-Za-z]+(?=,?[ \n]|$(?![^]))/y
const shortOrSpecial = new Set(Object.keys(contractedWords))
const wordBeforeStop = /([A-Za-z]{2,})\.(?=[ \n]|$(?![^]))/y
const abbreviations = new Set(
  [...endingAbbreviations, ...leadingAbbreviations, ...numberAbbreviations].map((word) =>
    word.replace(/[[\]]/g, '').toLowerCase(),
  ),
)

function tokenLines(text: string): string[][] {
  const shown = withStandIns(text)
  let line: string[] = []
  const lines = [line]
  let at = 0
  while (at < text.length) {
    const first = shown[at]!
    if (first === ' ') {
      at++
    } else if (first === '\n') {
      line = []
      lines.push(line)
      at++
    } else {
      const plain = plainTokenEnd(shown, at)
      if (plain > at) {
        line.push(text.slice(at, plain).toLowerCase())
        at = plain
      } else at = ruledToken(text, shown, at, add)
    }
  }
  return lines

  /** A token can hold spaces and even a line's end (in a tag): the toolkit reads the written line, not the token. */
  function add(token: string): void {
    token.split('\n').forEach((part, i) => {
      if (i > 0) {
        line = []
        lines.push(line)
      }
      line.push(...part.split(' '))
    })
  }
}

/** Most words need no rules: letters before a space, a comma or a stop that ends no abbreviation. `at` where this is none. */
function plainTokenEnd(shown: string, at: number): number {
  plainWord.lastIndex = at
  if (plainWord.test(shown)) {
    const end = plainWord.lastIndex
    if (end - at < 5 || end - at > 6 || !shortOrSpecial.has(shown.slice(at, end).toLowerCase())) return end
    return at
  }
  wordBeforeStop.lastIndex = at
  const found = wordBeforeStop.exec(shown)
  if (!found) return at
  const known = found[1]!.toLowerCase()
  return abbreviations.has(known) || shortOrSpecial.has(known) ? at : at + known.length
}

/** Reads one token by the rules, gives it to `add`, and returns where to go on. What no rule takes vanishes. */
function ruledToken(text: string, shown: string, at: number, add: (token: string) => void): number {
  let best: Rule | undefined
  let furthest = at
  let end = at
  for (const rule of rulesFor(shown[at]!)) {
    rule.pattern.lastIndex = at
    const found = rule.pattern.exec(shown)
    if (!found || at + found[0].length <= furthest) continue
    best = rule
    furthest = at + found[0].length
    end = at + (found[1] ?? found[0]).length
  }
  if (!best) return at + 1
  const token = best.as ?? lowered(spelled(text.slice(at, end), best))
  if (token !== '') add(token)
  return best.stopAgain ? end - 1 : end
}

/** A sigma is final for Java where letters with case stand before it in the token and none after; JavaScript looks no further than a digit. */
function lowered(token: string): string {
  if (!token.includes('Σ')) return token.toLowerCase()
  return token.replace(/Σ/g, (_, at: number) => (isFinal(token, at) ? 'ς' : 'σ')).toLowerCase()
}

function isFinal(token: string, at: number): boolean {
  const cased = /[\p{Lu}\p{Ll}\p{Lt}]/u
  return cased.test(token.slice(0, at)) && !cased.test(token.slice(at + 1))
}

const spellings: Readonly<Record<string, string>> = {
  '(': '-LRB-',
  ')': '-RRB-',
  '[': '-LSB-',
  ']': '-RSB-',
  '{': '-LCB-',
  '}': '-RCB-',
  '\u0080': '$',
  '¤': '$',
  '₠': '$',
  '€': '$',
  '£': '#',
  '¢': 'cents',
  '¼': '1/4',
  '½': '1/2',
  '¾': '3/4',
  '⅓': '1/3',
  '⅔': '2/3',
}

function spelled(token: string, rule: Rule): string {
  if (plainToken.test(token)) return token
  if (token.length === 1 && spellings[token]) return spellings[token]
  let written = token.replace(/ /g, '\u00a0')
  if (rule.softHyphens) written = written.replace(/\u00ad/g, '') || '-'
  if (rule.straight) written = straightened(written)
  if (rule.ampersand) written = written.replace(/&amp;/gi, '&')
  if (rule.parentheses) written = written.replace(/[()]/g, (parenthesis) => spellings[parenthesis]!)
  return written
}

const plainToken = /^[A-Za-z0-9'.-]+$/

function straightened(token: string): string {
  return token
    .replace(/[’\u0092›]|&apos;/gi, "'")
    .replace(/[‘‛\u0091‹]/g, '`')
    .replace(/[“«\u0093]/g, '``')
    .replace(/[”»\u0094]/g, "''")
}
