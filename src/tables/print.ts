// A table in the format that somebody asked for by name.
import { csv } from './csv.ts'
import { html } from './html.ts'
import { json } from './json.ts'
import { latex } from './latex.ts'
import { markdown } from './markdown.ts'
import { plain } from './plain.ts'
import type { Table } from './table.ts'
import { typst } from './typst.ts'

const printers = { plain: (table: Table) => plain(table), md: markdown, tex: latex, csv, html, typ: typst, json }

/** A format's name: the ending of its files, or `plain` for the terminal. */
export type TableFormat = keyof typeof printers

/** All formats, in the order in which help lists them. */
export const tableFormats = Object.keys(printers) as readonly TableFormat[]

/** The table in `format`, ended by one line end: the content of a file. */
export function printTable(table: Table, format: TableFormat): string {
  return format === 'csv' ? csv(table) : `${printers[format](table)}\n`
}
