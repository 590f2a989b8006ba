// The grader's assertions on a predictions file ({"stem": "caption"}), told one by one instead of as a failed assert.
import { messageOf, UserError } from '../base/errors.ts'
import { lineSeparator } from './ptb-tokenizer.ts'

export interface CheckedPredictions {
  /** The usable captions, by stem. */
  readonly captions: Readonly<Record<string, string>>
  /** Their stems as the file orders them: the order in which the toolkit tokenises. JavaScript objects put keys like "42" first. */
  readonly order: readonly string[]
  /** What the grader would fail on, a sentence each; none: the file can be graded. Of each kind the first five and how many more. */
  readonly errors: readonly string[]
  /** What it would grade, but badly; as many. */
  readonly warnings: readonly string[]
}

/** Checks the text of a predictions file against the images' stems; UserError where it is not a JSON object. `where` begins each sentence. */
export function checkPredictions(text: string, stems: readonly string[], where: string): CheckedPredictions {
  const predictions = parsed(text, where)
  const expected = new Set(stems)
  const keys = outermostKeys(text)
  const order = [...new Set(keys)]
  const given = new Set(order)
  const captions = order.flatMap((key) => (typeof predictions[key] === 'string' ? [[key, predictions[key]] as const] : []))
  const others = order.filter((key) => typeof predictions[key] !== 'string')
  const empty = captions.filter(([, caption]) => caption.trim() === '')
  const shifting = captions.filter(([, caption]) => lineSeparator.test(caption.replaceAll('\n', ' ')))
  const all = (keysOfKind: readonly string[], said: (key: string) => string, more: string) =>
    few(keysOfKind.map((key) => `${where}: \`${key}\` ${said(key)}`), (count) => `${where}: ${count} more ${more}.`) // prettier-ignore
  const names = (entries: readonly (readonly [string, string])[]) => entries.map(([key]) => key)
  return {
    captions: Object.fromEntries(captions),
    order: names(captions),
    errors: [
      ...all(others, (key) => `has ${kindOf(predictions[key])}; a string is needed.`, 'captions are no strings'),
      ...all(
        order.filter((key) => !expected.has(key)),
        (key) => extraKey(key, expected),
        'keys are no images of the annotations',
      ),
      ...all(
        stems.filter((stem) => !given.has(stem)),
        () => 'is missing; every image needs a caption.',
        'images are missing',
      ),
    ],
    warnings: [
      ...all(repeated(keys), () => 'occurs more than once; readers keep the last.', 'keys occur more than once'),
      ...all(names(empty), () => 'has an empty caption; it scores next to nothing.', 'captions are empty'),
      ...all(
        names(shifting),
        () => 'holds a line separator, a space here; the Java toolkit would shift every later caption by one.',
        'captions hold a line separator',
      ),
    ],
  }
}

const shownOfAKind = 5

/** The first of `lines`, and what `rest` says of how many there are more. */
export function few(lines: readonly string[], rest: (more: number) => string): string[] {
  return lines.length <= shownOfAKind ? [...lines] : [...lines.slice(0, shownOfAKind), rest(lines.length - shownOfAKind)]
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
  if (stem !== key && expected.has(stem)) return `has a file extension; the grader's name is \`${stem}\`.`
  return 'is no image of the annotations; leave it out.'
}

/** The keys of the outermost object of valid JSON, in the file's order and as often as they occur: JSON.parse keeps neither. */
function outermostKeys(text: string): string[] {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g) ?? []
  const keys: string[] = []
  let depth = 0
  tokens.forEach((token, i) => {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (depth === 1 && token !== ':' && tokens[i + 1] === ':') keys.push(JSON.parse(token) as string)
  })
  return keys
}

/** What occurs more than once. */
function repeated(keys: readonly string[]): string[] {
  const seen = new Set<string>()
  return [...new Set(keys.filter((key) => seen.size === seen.add(key).size))]
}
