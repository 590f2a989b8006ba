// A table as data: texts in rows and columns, ready to be printed in any format. Numbers are formatted by the caller (format.ts).

export interface Column {
  readonly title: string
  /** `left` unless given; numbers stand `right`. */
  readonly align?: 'left' | 'right' | 'center'
  /** Shown after the title, in brackets. */
  readonly unit?: string
}

export interface Cell {
  readonly text: string
  /** Bold for the best of its column, underlined for the second (or what the format has instead). */
  readonly mark?: Mark
}

export type Mark = 'best' | 'second'

/** Every row has one cell for each column. */
export interface Table {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
}

/** A cell; without text an en dash, so that nothing looks forgotten. */
export function cell(text: string | undefined, mark?: Mark): Cell {
  return { text: text ?? '–', ...(mark && { mark }) }
}

/** The column's heading: "time (s)". */
export function heading({ title, unit }: Column): string {
  return unit === undefined ? title : `${title} (${unit})`
}

/** Throws where a row is not as long as the head. */
export function checked(table: Table): Table {
  table.rows.forEach((row, i) => {
    if (row.length !== table.columns.length)
      throw new Error(`table: row ${i} has ${row.length} cells for ${table.columns.length} columns`)
  })
  return table
}

/** `text` on one line that a terminal can only print: controls, escapes and changes of direction become U+FFFD, line breaks and tabs spaces. */
export function harmless(text: string): string {
  return text
    .replace(/\r\n|[\t\n\v\f\r\u0085\u2028\u2029]/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}
