// A table as CSV (RFC 4180), safe to open in a spreadsheet.
import type { Table } from './table.ts'

/** CRLF lines, fields quoted where they must be; a field that a spreadsheet would compute gets an apostrophe in front. */
export function csv({ columns, rows }: Table): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(({ text }) => text))]
  return lines.map((fields) => `${fields.map(field).join(',')}\r\n`).join('')
}

function field(text: string): string {
  const isFormula = /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text))
  const safe = isFormula ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
