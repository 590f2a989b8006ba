// A table for Typst: strong best, underline second. Texts are strings, in which nothing but quotes and backslashes means anything.
import { checked, heading, type Cell, type Table } from './table.ts'

/** A call of `table`, to be pasted as it is; without a final line end. */
export function typst(table: Table): string {
  const { columns, rows } = checked(table)
  const line = (cells: readonly string[]) => `  ${cells.join(', ')},`
  return [
    '#table(',
    `  columns: ${columns.length},`,
    `  align: (${columns.map(({ align = 'left' }) => `${align},`).join(' ')}),`,
    `  table.header(${columns.map((column) => typstString(heading(column))).join(', ')}),`,
    ...rows.map((row) => line(row.map(marked))),
    ')',
  ].join('\n')
}

function marked(cell: Cell): string {
  if (cell.mark === undefined) return typstString(cell.text)
  return `${cell.mark === 'best' ? 'strong' : 'underline'}(${typstString(cell.text)})`
}

/** `content` as a string of Typst's code: nothing in it means anything. */
export function typstString(content: string): string {
  const escaped = content
    .replace(/[\\"]/g, '\\$&')
    .replace(/[\u0000-\u001f\u007f]/g, (control) => `\\u{${control.charCodeAt(0).toString(16)}}`)
  return `"${escaped}"`
}
