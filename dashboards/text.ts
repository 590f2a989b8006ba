// Styled text in columns of a terminal: widths are counted without the escape sequences, and nothing is cut inside one.
import { stringWidth, truncated } from '../src/tables/string-width.ts'
import { bare } from './style.ts'

/** Columns that a styled text takes. */
export function widthOf(text: string): number {
  return stringWidth(bare(text))
}

/** Exactly `width` columns: cut with an ellipsis, or filled up with spaces. */
export function fitted(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutTo(text, width)
  const space = ' '.repeat(Math.max(0, width - widthOf(cut)))
  return align === 'left' ? cut + space : space + cut
}

/** At most `width` columns, the last one an ellipsis where something was cut. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  const parts = text.split(/(\u001b\[[\d;]+m)/) // texts at even places, sequences at odd ones
  let room = width - 1
  let cut = false
  const kept = parts.map((part, i) => {
    if (i % 2 === 1) return part // a style that was begun is ended, wherever the cut is
    if (cut) return ''
    const partWidth = stringWidth(part)
    if (partWidth <= room) {
      room -= partWidth
      return part
    }
    cut = true
    return width < 1 ? '' : withEllipsis(part, room + 1)
  })
  return kept.join('')
}

/** More of the line follows: even a text that would fit is cut. */
function withEllipsis(text: string, width: number): string {
  return truncated(`${text}…`, width)
}

/** A text in lines of at most `width` columns, broken at spaces where there are some. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    line = cutTo(word, width)
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line]
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** What a reader takes for single characters. */
export function characters(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/** Two texts at the two ends of a line of `width` columns; the left one gives way. */
export function apart(left: string, right: string, width: number): string {
  const end = cutTo(right, width)
  const room = width - widthOf(end)
  return room < 2 ? fitted(left, width) : fitted(left, room - 1) + ' ' + end
}
