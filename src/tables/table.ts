// A table as data: what every printer takes.

export interface Column {
  readonly title: string
  /** Default: left. */
  readonly align?: 'left' | 'right'
}

export interface Cell {
  readonly text: string
  /** Bold in print, `*` and `+` in plain text: a mark never depends on colour. */
  readonly mark?: 'best' | 'second'
}

export interface Table {
  readonly columns: readonly Column[]
  /** One cell for each column. */
  readonly rows: readonly (readonly Cell[])[]
}

/** Text without control characters: what a file or a model wrote cannot steer a terminal or break a row. */
export function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is removed
  return text.replace(/\s+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
}
