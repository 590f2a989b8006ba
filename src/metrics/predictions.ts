// The grader's assertions on a predictions file ({"stem": "caption"}), told one by one instead of as a failed assert.
import { messageOf, UserError } from '../base/errors.ts'
import { lineSeparator } from './ptb-tokenizer.ts'

export interface CheckedPredictions {
  /** The usable captions, by stem. */
  readonly captions: Readonly<Record<string, string>>
  /** What the grader would fail on, a sentence each; none: the file can be graded. */
  readonly errors: readonly string[]
  /** What it would grade, but badly. */
  readonly warnings: readonly string[]
}

/** Checks the text of a predictions file against the images' stems; UserError where it is not a JSON object. `where` begins each sentence. */
export function checkPredictions(text: string, stems: readonly string[], where: string): CheckedPredictions {
  const predictions = parsed(text, where)
  const expected = new Set(stems)
  const given = new Set(Object.keys(predictions))
  const missing = stems
    .filter((stem) => !given.has(stem))
    .map((stem) => `${where}: \`${stem}\` is missing; every image needs a caption.`)
  const extra = [...given].filter((key) => !expected.has(key)).map((key) => `${where}: ${extraKey(key, expected)}`)
  const others = Object.entries(predictions).filter(([, value]) => typeof value !== 'string')
  const captions = Object.entries(predictions).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const duplicates = repeatedKeys(text).map((key) => `${where}: \`${key}\` occurs more than once; readers keep the last.`)
  return {
    captions: Object.fromEntries(captions),
    errors: [
      ...missing,
      ...extra,
      ...others.map(([key, value]) => `${where}: \`${key}\` has ${kindOf(value)}; a string is needed.`),
    ],
    warnings: [...duplicates, ...captions.flatMap(([key, caption]) => captionWarnings(where, key, caption))],
  }
}

function parsed(text: string, where: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw new UserError(`${where}: the predictions are not valid JSON (${messageOf(error)}).`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${where}: the predictions are ${kindOf(value)}; an object from image names to captions is needed.`)
  }
  return value as Record<string, unknown>
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function extraKey(key: string, expected: ReadonlySet<string>): string {
  const stem = key.replace(/\.[^.]*$/, '')
  if (stem !== key && expected.has(stem)) return `\`${key}\` has a file extension; the grader's name is \`${stem}\`.`
  return `\`${key}\` is no image of the annotations; leave it out.`
}

function captionWarnings(where: string, key: string, caption: string): string[] {
  const warnings: string[] = []
  if (caption.trim() === '') warnings.push(`${where}: \`${key}\` has an empty caption; it scores next to nothing.`)
  if (lineSeparator.test(caption.replace(/\n/g, ' '))) {
    warnings.push(`${where}: \`${key}\` holds a line separator; the Java toolkit would shift every later caption by one.`)
  }
  return warnings
}

/** Keys that occur twice in the outermost object of valid JSON, which JSON.parse drops silently. */
function repeatedKeys(text: string): string[] {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g) ?? []
  const seen = new Set<string>()
  const repeated = new Set<string>()
  let depth = 0
  tokens.forEach((token, i) => {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (depth === 1 && token !== ':' && tokens[i + 1] === ':') {
      const key = JSON.parse(token) as string
      if (seen.has(key)) repeated.add(key)
      seen.add(key)
    }
  })
  return [...repeated]
}
