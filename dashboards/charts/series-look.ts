// How the series of a chart are told apart: a sign and a colour each, the sign alone being enough. The colours are those of Okabe and Ito
// (2002), which people with any colour vision can tell apart, at their nearest places in the 256 colours of a terminal.
import type { PaintSeries } from './braille.ts'

const colours = [74, 214, 36, 203, 175, 227, 33, 250]
const marks = ['●', '▲', '■', '◆', '○', '△', '□', '◇', '+', '×']

/** The sign of series `index`; the eleventh has the first one's again. */
export function markOf(index: number): string {
  return marks[index % marks.length]!
}

/** `text` in the colour of series `index`. */
export const paintSeries: PaintSeries = (index, text) => `\u001b[38;5;${colours[index % colours.length]!}m${text}\u001b[39m`
