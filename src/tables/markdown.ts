// A table in GitHub's Markdown.
import { harmless, type Cell, type Table } from './table.ts'

/** Lines without a final line end. The best of a column is bold, the second underlined. */
export function markdown({ columns, rows }: Table): string {
  const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |`
  const rule = columns.map(({ align }) => (align === 'right' ? '---:' : '---'))
  return [line(columns.map(({ title }) => escaped(title))), line(rule), ...rows.map((row) => line(row.map(marked)))].join('\n')
}

function marked({ text, mark }: Cell): string {
  const safe = escaped(text)
  if (mark === undefined) return safe
  return mark === 'best' ? `**${safe}**` : `<u>${safe}</u>`
}

function escaped(text: string): string {
  return harmless(text).replace(/[\\`*_{}[\]<>|~]/g, '\\$&')
}
