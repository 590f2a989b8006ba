// How CLIP's tokenizer cleans text and cuts it into words.
import { WHITE_SPACE } from './white-space.ts'
import { fixText } from './fix-text.ts'
import { unescapeHtml } from './html-entities.ts'

export const CLIP_START = '<|startoftext|>'
export const CLIP_END = '<|endoftext|>'

const spaces = new RegExp(`[${WHITE_SPACE}]+`, 'gu')

// The original's pattern ignores case, which still shows in two characters after lower-casing: `'ſ` reads as `'s`, and U+0345, which
// folds to a letter without being one, belongs to no word at all.
const words = new RegExp(
  String.raw`<\|startoftext\|>|<\|endoftext\|>|'(?:[sſ]|t|re|ve|m|ll|d)|\p{L}+|\p{N}|[^${WHITE_SPACE}\p{L}\p{N}\u0345]+`,
  'gu',
)

/** Repaired, unescaped, white space collapsed, lower case. */
export function cleanClipText(text: string): string {
  return unescapeHtml(unescapeHtml(fixText(text)))
    .replace(spaces, ' ')
    .replace(/^ | $/g, '')
    .toLowerCase()
}

/** The words of a text after cleaning; digits stand alone. */
export function clipWords(text: string): readonly string[] {
  return cleanClipText(text).match(words) ?? []
}
