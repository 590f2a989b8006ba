// A table for a terminal: aligned columns, two spaces between them, a rule under the head.
import { stringWidth } from './string-width.ts'
import { harmless, type Cell, type Table } from './table.ts'

/** Lines without a final line end. The best of a column carries `*`, the second `+`. */
export function plain({ columns, rows }: Table): string {
  const body = rows.map((row) => row.map(marked))
  const widths = columns.map(({ title }, c) => Math.max(...[title, ...body.map((row) => row[c] ?? '')].map(stringWidth)))
  const line = (texts: readonly string[]) =>
    columns
      .map(({ align }, c) => padded(texts[c] ?? '', widths[c]!, align ?? 'left'))
      .join('  ')
      .trimEnd()
  const head = line(columns.map(({ title }) => title))
  return [head, widths.map((width) => '─'.repeat(width)).join('  '), ...body.map(line)].join('\n')
}

const marks = { best: '*', second: '+' } as const

function marked({ text, mark }: Cell): string {
  return harmless(text) + (mark === undefined ? '' : marks[mark])
}

function padded(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'left' ? text + space : space + text
}
