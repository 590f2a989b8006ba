// A table as JSON: one object for each row. Marks are left out.
import { checked, heading, type Table } from './table.ts'

/** An array of objects from heading to text; throws where two columns have the same heading. */
export function json(table: Table): string {
  const { columns, rows } = checked(table)
  const keys = columns.map(heading)
  if (new Set(keys).size < keys.length) throw new Error(`table: two columns have the same heading (${keys.join(', ')})`)
  const objects = rows.map((row) => Object.fromEntries(row.map(({ text }, i) => [keys[i]!, text])))
  return JSON.stringify(objects, null, 2)
}
