// Words in an SVG document. Captions, file names and run names are anybody's text.
import { stringWidth, truncated } from '../../tables/string-width.ts'
import { harmless } from '../../tables/table.ts'
import { ink } from './palette.ts'

export interface Lettering {
  /** Left end, or the middle where it is centred, and the line that letters stand on. */
  readonly x: number
  readonly y: number
  readonly size: number
  readonly bold?: boolean
  readonly centred?: boolean
  readonly colour?: string
}

/** A text element. */
export function lettered(words: string, { x, y, size, bold = false, centred = false, colour = ink }: Lettering): string {
  const more = `${bold ? ' font-weight="bold"' : ''}${centred ? ' text-anchor="middle"' : ''}`
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}"${more}>${xmlText(words)}</text>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text as XML spells it; what XML forbids altogether is replaced. */
export function xmlText(words: string): string {
  const allowed = words.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\p{Cs}\ufffe\uffff]/gu, '\ufffd')
  return allowed.replace(/[&<>"]/g, (character) => entities[character]!)
}

/** A name as a chart has room for. */
export function shortName(name: string): string {
  return truncated(harmless(name), 24)
}

/** Lines of at most `most` columns; a word that is longer stands alone. */
export function wrapped(words: string, most: number): string[] {
  const lines = ['']
  for (const word of words.split(/\s+/)) {
    const longer = `${lines.at(-1)!} ${word}`.trim()
    if (stringWidth(longer) <= most) lines[lines.length - 1] = longer
    else if (lines.at(-1) === '') lines[lines.length - 1] = word
    else lines.push(word)
  }
  return lines
}
