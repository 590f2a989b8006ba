// A table on the terminal, no wider than it; whole where the output is a file.
import { plain } from '../tables/plain.ts'
import type { Table } from '../tables/table.ts'

/** The table as text for stdout. */
export function shownTable(table: Table): string {
  return process.stdout.isTTY ? plain(table, { width: process.stdout.columns }) : plain(table)
}
