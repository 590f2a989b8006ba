// A drawing made of dots, 2 x 4 to a character (Unicode's braille patterns), and of signs that stand over them. A character has the
// colour of the series that was drawn in it last. Dots are counted from the upper left corner.

/** Turns a series' texts into its colour. */
export type PaintSeries = (series: number, text: string) => string

export interface Canvas {
  readonly columns: number
  readonly rows: number
  /** The dots of each character, row by row. */
  readonly dots: Uint8Array
  /** The series of each character; -1 where nobody drew. */
  readonly owner: Int16Array
  readonly signs: Map<number, string>
}

const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const

/** An empty drawing of so many characters. */
export function canvas(columns: number, rows: number): Canvas {
  const count = columns * rows
  return { columns, rows, dots: new Uint8Array(count), owner: new Int16Array(count).fill(-1), signs: new Map() }
}

/** One dot; nothing where it lies outside. */
export function dot({ columns, rows, dots, owner }: Canvas, x: number, y: number, series: number): void {
  if (x < 0 || y < 0 || x >= 2 * columns || y >= 4 * rows) return
  const cell = (y >> 2) * columns + (x >> 1)
  dots[cell]! |= bits[y & 3]![x & 1]!
  owner[cell] = series
}

/** The dots of column `x` from `y` to `other`, both included, in any order. */
export function upright(on: Canvas, x: number, y: number, other: number, series: number): void {
  const [top, bottom] = y < other ? [y, other] : [other, y]
  for (let at = Math.max(0, top); at <= Math.min(4 * on.rows - 1, bottom); at++) dot(on, x, at, series)
}

/** A straight line between two dots (Bresenham's). */
export function line(on: Canvas, x: number, y: number, toX: number, toY: number, series: number): void {
  const [right, down] = [Math.abs(toX - x), -Math.abs(toY - y)]
  const [stepX, stepY] = [Math.sign(toX - x), Math.sign(toY - y)]
  let error = right + down
  let [atX, atY] = [x, y]
  for (;;) {
    dot(on, atX, atY, series)
    if (atX === toX && atY === toY) return
    const twice = 2 * error
    if (twice >= down) [error, atX] = [error + down, atX + stepX]
    if (twice <= right) [error, atY] = [error + right, atY + stepY]
  }
}

/** A sign one column wide in place of the dots of a character; `series` -1 leaves it without colour. */
export function sign({ columns, rows, owner, signs }: Canvas, column: number, row: number, text: string, series: number): void {
  if (column < 0 || row < 0 || column >= columns || row >= rows) return
  signs.set(row * columns + column, text)
  owner[row * columns + column] = series
}

export function hasSign({ columns, signs }: Canvas, column: number, row: number): boolean {
  return signs.has(row * columns + column)
}

/** Whether nothing was drawn in a character. */
export function isEmpty(on: Canvas, column: number, row: number): boolean {
  return on.dots[row * on.columns + column] === 0 && !hasSign(on, column, row)
}

/** The rows as text, each `columns` wide; neighbours of one series are painted together. */
export function canvasLines(drawn: Canvas, paint: PaintSeries): string[] {
  return Array.from({ length: drawn.rows }, (_, row) => {
    const start = row * drawn.columns
    let text = ''
    for (let column = 0, end; column < drawn.columns; column = end) {
      const series = drawn.owner[start + column]!
      for (end = column + 1; end < drawn.columns && drawn.owner[start + end] === series; end++);
      const run = Array.from({ length: end - column }, (_, i) => character(drawn, start + column + i)).join('')
      text += series < 0 ? run : paint(series, run)
    }
    return text
  })
}

function character({ dots, signs }: Canvas, cell: number): string {
  return signs.get(cell) ?? (dots[cell] === 0 ? ' ' : String.fromCharCode(0x2800 + dots[cell]!))
}
