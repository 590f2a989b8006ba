// How lines look: the only file that knows escape sequences. Colours are those of the terminal's own palette that most people can tell apart
// (blue, yellow, cyan), and never say anything that a word or a sign beside them does not say too.

type Paint = (text: string) => string

const paint =
  (on: number, off: number): Paint =>
  (text) =>
    text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`

export const bold = paint(1, 22)
export const dim = paint(2, 22)
export const underlined = paint(4, 24)
/** The line or cell that the cursor is on. */
export const inverse = paint(7, 27)
/** Headings, the view that is open, keys in help. */
export const accented = paint(36, 39)
/** Better, finished. */
export const good = paint(34, 39)
/** Worse, failed. */
export const bad = paint(33, 39)

/** What an ANSI escape sequence of this file looks like. */
export const escapes = /\u001b\[[\d;]+m/g

/** The same line where NO_COLOR is set: weight and lines stay, colours go. */
export function withoutColour(line: string): string {
  return line.replace(/\u001b\[(?:[34]\d|[34]8;[\d;]+)m/g, '')
}

/** The same line as bare text. */
export function bare(line: string): string {
  return line.replace(escapes, '')
}
