// A table in the format that somebody asked for by name.
import { csv } from './csv.ts'
import { html } from './html.ts'
import { json } from './json.ts'
import { latex } from './latex.ts'
import { markdown } from './markdown.ts'
import { plain } from './plain.ts'
import type { TableFormat } from './table-formats.ts'
import type { Table } from './table.ts'
import { typst } from './typst.ts'

const printers: Readonly<Record<TableFormat, (table: Table) => string>> = {
  plain: (table) => plain(table),
  md: markdown,
  tex: latex,
  csv,
  html,
  typ: typst,
  json,
}

/** The table in `format`, ended by one line end: the content of a file. */
export function printTable(table: Table, format: TableFormat): string {
  return format === 'csv' ? csv(table) : `${printers[format](table)}\n`
}
