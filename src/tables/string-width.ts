// How many columns of a terminal a text takes: East Asian wide characters and emoji take two, combining marks none.

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u
const emoji = /^\p{Emoji_Presentation}|\ufe0f/u
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
/** Letters, dashes, boxes, blocks and braille of one column each, none of which joins its neighbour: most texts, and every chart. */
const plain = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2013-\u2027\u2500-\u25fc\u2800-\u28ff]*$/
/** Made when a text first needs it, which takes 20 ms. */
let segmenter: Intl.Segmenter | undefined

/** Columns that `text` takes; control characters are for `harmless` first. */
export function stringWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment)
  return width
}

function graphemes(text: string): Iterable<{ readonly segment: string }> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0
  return wide.test(grapheme) || emoji.test(grapheme) ? 2 : 1
}

/** `text` cut to at most `width` columns, the last one an ellipsis where something was cut; never half of a wide character. */
export function truncated(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  let used = 1
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment)
    if (used > width) break
    kept += segment
  }
  return width < 1 ? '' : `${kept}…`
}
