// What the Stanford tokenizer 3.4.1 finds at a place in the text, as rules written from its observed behaviour. The rule that reads furthest
// wins, context after the token counted; of equals the first. The rules read text whose rarer characters are replaced by stand-ins.
import {
  apostropheWords,
  contractedWords,
  endingAbbreviations,
  leadingAbbreviations,
  numberAbbreviations,
  sentenceStarters,
} from './ptb-lexicon.ts'

export interface Rule {
  /** Sticky. Group 1, where there is one, is the token; what else matched is context that this token needs. */
  readonly pattern: RegExp
  /** What is written instead of the token's own characters. */
  readonly as?: string
  /** Curved quotation marks are written straight: ' and '' or, where they open, ` and ``. */
  readonly straight?: boolean
  /** Soft hyphens inside are left out. */
  readonly softHyphens?: boolean
  /** Parentheses inside are written as words, as all single brackets are. */
  readonly parentheses?: boolean
  /** `&amp;` inside is written `&`. */
  readonly ampersand?: boolean
  /** The token's last character, its full stop, is read again as a token of its own. */
  readonly stopAgain?: boolean
}

type RuleWithFirst = Rule & { readonly first: RegExp }

/** A rule for where a character of class `first` stands. */
function rule(first: string, pattern: string, options: { flags?: 'i' } & Omit<Rule, 'pattern'> = {}): RuleWithFirst {
  const { flags = '', ...rest } = options
  return { first: new RegExp(`[${first}]`, flags), pattern: new RegExp(pattern, `y${flags}`), ...rest }
}

const anyOf = (list: readonly string[]) => `(?:${[...list].sort((a, b) => b.length - a.length).join('|')})`
const anyCase = (pattern: string) =>
  pattern.replace(/\[.\]|[a-z]/g, (part) => (part.length > 1 ? part : `[${part}${part.toUpperCase()}]`))

const letters = 'A-Za-z\\u00e9\\u00c9' // é and É stand for all other letters
const wordLetters = `${letters}\\u0301\\u00ad`
const digits = '0-9\\u0661'
const accented = '&(?:[aeiou](?:acute|grave|uml));'
const one = `(?:[${wordLetters}]|${accented})`
const more = `(?:[${wordLetters}${digits}]|${accented})*`
const word = `${one}${more}(?:[.!?]${one}${more})*`
const anyQuote = "(?:['\\u2019\\u0092`\\u2018\\u201b\\u0091]|&apos;)"
const hyphen = '[-_\\u058a\\u2010\\u2011]'
const thing = `[${letters}${digits}]`
const thingMore = `(?:${hyphen}(?:[dloDLO]${anyQuote}${thing})?${thing}+)*`
const space = '[ \\t\\n\\u0085\\u00a0\\u2003]'
const apostrophe = "(?:['\\u2019\\u0092]|&apos;)"
const reduced = `${apostrophe}(?:[msd]|re|ve|ll)`
const acronym = '[A-Za-z](?:\\.[A-Za-z])+'
const name = '[A-Za-z][A-Za-z0-9_:.-]*'
const attribute = `${name}(?: *= *(?:"[^"]*"|'[^']*'))?`
const tag = `<(?:[!?][A-Za-z-][^>\\n]*|\\/${name} *|${name}(?: +${attribute})* *\\/? *)>`
const sentenceEnd = `${space}(?:${space}|[A-Z\\u00c9\\u24b6\\u2160]|${tag})`
const capitalised = sentenceStarters.map((starter) => starter[0]!.toUpperCase() + anyCase(starter.slice(1)))
const starter = `${space}+(?:${anyOf(capitalised)}|M[rRsS]\\.|${tag})${space}`
const ending = anyCase(anyOf(endingAbbreviations))
const joined = '[A-Z]+(?:(?:[+&]|&amp;)[A-Z]+)+'
const someDigits = `[${digits}](?:\\u00ad?[${digits}])*`
const hyphenated = `[A-Za-z0-9][A-Za-z0-9.,\\u00ad]*(?:-(?:${acronym}\\.|[A-Za-z0-9\\u00ad]+))+`
const number = `(?:(?:\\u00ad?${someDigits})?(?:[.:,\\u066b\\u066c]${someDigits})+|\\u00ad?${someDigits})`
const slashPart = '[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}'
const emailPart = '[^ \\t\\n"<>|(){}\\u00a0]'
const email = `[A-Za-z0-9]${emailPart}*@(?:[^ \\t\\n"<>|(){}.\\u00a0]+\\.)*[^ \\t\\n"<>|(){}.\\u00a0]+`
const url = '[^ \\t\\n"<>|(){}]'
const urlEnd = '[^ \\t\\n"<>|().!?,{}-]'
const hostPart = '[^ \\t\\n!"$\'(),./0-9:;<=>?@A-Z[\\\\\\]^_`{|}-]'
const fileTypes =
  'bat|bmp|c|class|cgi|cpp|dll|docx?|exe|gif|gz|h|html?|jar|java|jpe?g|mov|mp3|pdf|php|pl|png|ppt|ps|py|sql|tar|txt|wav|x|xml|zip'
const dash = '[- \\u00a0]'
const quotes = "'\\u2019\\u0092&"
const curved = '`\\u0091-\\u0094\\u00ab\\u00bb\\u2018\\u2019\\u201a-\\u201d\\u2039\\u203a'
const i = { flags: 'i' } as const
const straight = { flags: 'i', straight: true } as const

const words: readonly RuleWithFirst[] = [
  ...Object.entries(contractedWords).map(([whole, second]) =>
    rule('a-z', `(${whole.slice(0, second)})${whole.slice(second)}`, i),
  ),
  rule(`${wordLetters}&`, `(${word})${reduced}`, { softHyphens: true, ...i }),
  rule(`${wordLetters}&`, word, { softHyphens: true, ...i }),
  rule('a-z\\u00ad', `([a-z\\u00ad]*[a-mo-z]\\u00ad*)n${anyQuote}t`, { softHyphens: true, ...i }),
  rule('n', `n${anyQuote}t`, straight),
  rule('dlo', `[dlo]${anyQuote}${thing}{2,}${thingMore}`, i),
  rule('A-HJ-XZn', `[A-HJ-XZn]${anyQuote}[${letters}]{2,}`),
  rule('A-Za-z\\u00e9\\u00c9', `[${letters}]+[aeiouyAEIOUY]${anyQuote}[aeiouA-Z][${letters}]*`),
  rule('djl', `[djl]${apostrophe}`, i),
  rule('y', `(y${apostrophe})[${letters}]`, i),
  rule('o', `o${anyQuote}o`, i),
  rule('a-z', apostropheWords.map((known) => known.replace(/’/, apostrophe)).join('|'), i),
  rule('h', `https?:\\/\\/${url}+${urlEnd}`, i),
  rule('w', `www\\.(?:[^ \\t\\n"<>|(){}.!?,]+\\.)+[a-z]{2,4}(?:\\/${url}+${urlEnd})?`, i),
  rule(
    '^!"$\'(),./0-9:;<=>?@A-Z[\\]_`{|}\\u0661-',
    `(?:${hostPart}+\\.)+(?:${anyCase('com|net|org|edu')})(?:\\/${url}+${urlEnd})?`,
  ),
  rule('A-Za-z0-9', email),
  rule(`${letters}${digits}`, `${thing}+${thingMore}`),
  rule('A-Za-z0-9', `${slashPart}(?:\\\\?\\/${slashPart}){1,2}`),
  rule('A-Za-z', `(${ending}\\.)${sentenceEnd}`, { stopAgain: true }),
  rule('A-Za-z', `(${ending}\\.)[^][^]`),
  rule('A-Za-z0-9', hyphenated, { softHyphens: true }),
  rule(
    `${wordLetters}${digits}`,
    `((?:${joined}|${hyphenated}|${word}|(?:[dloDLO]${anyQuote}${thing})?${thing}+${thingMore})\\.)[,;:\\u3001]`,
    {
      softHyphens: true,
    },
  ),
  rule('A-Z$', '[A-Z]*\\$'),
  rule('A-Z', joined, { ampersand: true }),
  rule('cf', 'c\\+\\+|[cf]#', i),
  rule('ap', '(?:anti|pro)-', i),
]

const abbreviations: readonly RuleWithFirst[] = [
  rule('A-Za-z', `${ending}\\.`, { stopAgain: true }),
  rule('A-Za-z', `${anyCase(anyOf(leadingAbbreviations))}\\.`),
  rule('a-z', `(${anyOf(numberAbbreviations)}\\.)(?:${space}?[${digits}]|[,;:\\u3001])`, i),
  rule('A-Za-z', `(${acronym}\\.)${starter}`, { stopAgain: true }),
  rule('A-Za-z', `${acronym}\\.`),
  rule('A-Za-z', `([A-Za-z])\\.${starter}`),
  rule('A-Za-z', '[A-Za-z]\\.'),
  rule(
    `${wordLetters}${digits}`,
    `([${wordLetters}${digits}]+(?:\\.[${wordLetters}${digits}]+)*\\.(?:${fileTypes}))(?:${space}|[.?!,])`,
    i,
  ),
]

const numbers: readonly RuleWithFirst[] = [
  rule(digits, `[${digits}]{1,2}[-/][${digits}]{1,2}[-/][${digits}]{2,4}`),
  rule(`${digits}\\u00ad.:,+\\-\\u066b\\u066c`, `[-+]?${number}`, { softHyphens: true }),
  rule(digits, `(?:[${digits}]{1,4}${dash})?[${digits}]{1,4}(?:\\\\?\\/|\\u2044)[${digits}]{1,4}`),
  rule(
    `(+${digits}`,
    `(?:\\([0-9]{2,3}\\)[ \\u00a0]?|(?:\\+\\+?)?(?:[0-9]{2,4}${dash})?[0-9]{2,4}${dash})[0-9]{3,4}${dash}?[0-9]{3,5}`,
    { parentheses: true },
  ),
]

const marks: readonly RuleWithFirst[] = [
  rule("'", "('t)(?:is|was)", i),
  rule(quotes, `(${reduced})[^A-Za-z]`, straight),
  rule(quotes, `${apostrophe}(?:em|till?|cause|n${apostrophe}?|[2-9]0s)`, i),
  rule(quotes, `(${apostrophe}[0-9]{2})${space}`),
  rule("'", "(')[A-Za-z][^ \\t\\n\\u00a0]", { as: '`' }),
  rule(quotes, reduced, straight),
  rule("'", "''?"),
  rule(curved, `[${curved}]{1,2}`, straight),
  rule('&', '&apos;', { as: "'" }),
  rule('"', '(")[A-Za-z0-9$]', { as: '``' }),
  rule('"', '"', { as: "''" }),
  rule('&', '(&quot;)[A-Za-z0-9$]', { as: '``' }),
  rule('&', '&quot;', { as: "''" }),
  rule('&', '&amp;', { as: '&', ...i }),
  rule('&', '&lt;', { as: '<', ...i }),
  rule('&', '&gt;', { as: '>', ...i }),
  rule('&', '&nbsp;', { as: '', ...i }),
  rule('&', '&(?:ndash|mdash|md);', { as: '--', ...i }),
  rule('&', '&(?:quot|#[0-9]+|HT|TL|UR|LR|QC|QL|QR|odq|cdq);', i),
  rule('\\u0096\\u0097\\u2013-\\u2015', '[^]', { as: '--' }),
  rule('-', '-{2,4}', { as: '--' }),
  rule('-', '-(?:[lr][rsc]b)-', i),
  rule('.', '\\.{3,5}|(?:\\.[ \\u00a0]){2,4}\\.', { as: '...' }),
  rule('\\u2026\\u0085', '[^]', { as: '...' }),
  rule('!?', '[!?]+'),
  rule('@', '@[A-Za-z_][A-Za-z_0-9]*'),
  rule('#', `#(?:${one})+`),
  rule('<', tag),
  rule('<', `<${email}>?`),
  rule('A-Za-z0-9', `${email}>`),
  rule('<>:;=', "([<>]?[:;=][-o*']?[()DPdpO\\\\{@|\\[\\]])[^A-Za-z0-9]", { parentheses: true }),
  rule("-<=>^x~'", "[-<=>^x~']_[-<=>^x~']"),
  rule('(', "\\((?:[<=>^x~'][-_.]?|-[_.]?)[-<=>^x~']\\)", { parentheses: true }),
  rule('<>', '<<|>>'),
  rule('-', '-{5,}'),
  rule('_', '_+'),
  rule('*', '\\*+'),
  rule('#', '#+'),
  rule('@', '@+'),
  rule('\\u00b2', '\\u00b2+'),
  rule('\\\\', '(?:\\\\\\*)+'),
  rule('^\\u2160\\u0001\\t\\n\\u00a0\\u2003\\u058a\\u2010\\u2011\\u066b\\u066c', '[^]'),
]

const rules = [...words, ...abbreviations, ...numbers, ...marks]
const byCharacter = new Map<string, readonly Rule[]>()

/** The rules that can apply where the character is `first`. */
export function rulesFor(first: string): readonly Rule[] {
  const known = byCharacter.get(first)
  if (known) return known
  const applicable = rules.filter((candidate) => candidate.first.test(first))
  byCharacter.set(first, applicable)
  return applicable
}
