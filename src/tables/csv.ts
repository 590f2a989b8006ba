// A table as CSV (RFC 4180). Marks are left out.
import { checked, heading, type Table } from './table.ts'

/** Lines ended by CR LF. A text that a spreadsheet would run as a formula gets an apostrophe before it; numbers never do. */
export function csv(table: Table): string {
  const { columns, rows } = checked(table)
  const lines = [columns.map(heading), ...rows.map((row) => row.map(({ text }) => text))]
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('')
}

function field(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) && !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? `'${text}` : text
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
