// A table in HTML: <strong> best, <u> second.
import { checked, heading, type Cell, type Column, type Table } from './table.ts'

/** A table element that needs no style sheet; without a final line end. */
export function html(table: Table): string {
  const { columns, rows } = checked(table)
  const row = (name: 'th' | 'td', texts: readonly string[]) =>
    `<tr>${texts.map((text, i) => `<${name}${alignment(columns[i]!)}>${text}</${name}>`).join('')}</tr>`
  return [
    '<table>',
    `<thead>${row(
      'th',
      columns.map((column) => escapeHtml(heading(column))),
    )}</thead>`,
    '<tbody>',
    ...rows.map((cells) => row('td', cells.map(marked))),
    '</tbody>',
    '</table>',
  ].join('\n')
}

function alignment({ align = 'left' }: Column): string {
  return align === 'left' ? '' : ` style="text-align: ${align}"`
}

function marked({ text, mark }: Cell): string {
  if (mark === undefined) return escapeHtml(text)
  return mark === 'best' ? `<strong>${escapeHtml(text)}</strong>` : `<u>${escapeHtml(text)}</u>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** `text` as HTML that shows it, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}
