// CSV back into texts: the inverse of csv.ts.

/** Rows of fields, the head among them. Quoted fields may hold commas, line ends and doubled quotes; the apostrophe before what a spreadsheet would run is taken off. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    if (quoted === undefined && bare === '' && end === '' && row.length === 0) break // the end of the last line
    row.push((quoted?.replaceAll('""', '"') ?? bare ?? '').replace(/^'(?=[=+\-@\t\r\n])/, ''))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}
