// A table in GitHub's Markdown: **best**, *second*.
import { checked, harmless, heading, type Cell, type Table } from './table.ts'

const rules = { left: ':---', right: '---:', center: ':---:' }

/** Lines, without a final line end; the texts' own Markdown and HTML is made plain. */
export function markdown(table: Table): string {
  const { columns, rows } = checked(table)
  const lines = [
    columns.map((column) => escaped(heading(column))),
    columns.map(({ align = 'left' }) => rules[align]),
    ...rows.map((row) => row.map(marked)),
  ]
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function marked({ text, mark }: Cell): string {
  if (mark === undefined) return escaped(text)
  return mark === 'best' ? `**${escaped(text)}**` : `*${escaped(text)}*`
}

function escaped(text: string): string {
  return harmless(text)
    .trim()
    .replace(/ +/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_[\]|~]/g, '\\$&')
}
