// How GPT-2's tokenizer cuts text into words before merging. A word keeps the space in front of it.
import type { Dialect } from './bytes.ts'
import { WHITE_SPACE, WHITE_SPACE_OF_RE } from './white-space.ts'

/** The one special token: start, end and padding at once. */
export const END_OF_TEXT = '<|endoftext|>'

const CONTRACTIONS = "'(?:s|t|re|ve|m|ll|d)"

const patterns: Record<Dialect, RegExp> = {
  // letters, digits and the underscore stay together: `abc123`, `foo_bar`, `2nd`
  course: pattern([String.raw`<\|endoftext\|>`], [String.raw`\p{L}\p{N}_`], WHITE_SPACE_OF_RE),
  gpt2: pattern([], [String.raw`\p{L}`, String.raw`\p{N}`], WHITE_SPACE),
}

function pattern(special: readonly string[], classes: readonly string[], space: string): RegExp {
  const runs = classes.map((members) => ` ?[${members}]+`)
  const rest = ` ?[^${space}${classes.join('')}]+`
  // of several spaces the last belongs to the word that follows
  return new RegExp([...special, CONTRACTIONS, ...runs, rest, `[${space}]+(?![^${space}])`, `[${space}]+`].join('|'), 'gu')
}

/** Cuts text into words; joined, they are the text again. In the course's dialect `<|endoftext|>` is a word of its own. */
export function gpt2Words(text: string, dialect: Dialect): readonly string[] {
  return text.match(patterns[dialect]) ?? []
}
