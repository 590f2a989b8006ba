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

const pageColours = ['#56b4e9', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#b8a300', '#0072b2', '#8a8a8a'] // the yellow darker: a page is white
const outlines = [
  'M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z',
  'M0 -6L6 5H-6Z',
  'M-4.5 -4.5H4.5V4.5H-4.5Z',
  'M0 -6.5L6.5 0L0 6.5L-6.5 0Z',
]
const strokes = ['M-5 0H5M0 -5V5', 'M-4 -4L4 4M-4 4L4 -4']

/** The colour of series `index` on white. */
export function pageColour(index: number): string {
  return pageColours[index % pageColours.length]!
}

/** The same sign as `markOf` as an element of an SVG document. */
export function pageSign(index: number, x: number, y: number): string {
  const place = index % marks.length
  const shape = place < 8 ? outlines[place % 4]! : strokes[place - 8]!
  const fill = place < 4 ? pageColour(index) : place < 8 ? 'white' : 'none'
  return `<path transform="translate(${x} ${y})" d="${shape}" fill="${fill}" stroke="${pageColour(index)}" stroke-width="1.5"/>`
}
