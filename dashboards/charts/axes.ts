// The frame around a plot: numbers and ticks to its left, the axis and its numbers below. Gives whole lines from the plot's lines.
import { stringWidth } from '../../src/tables/string-width.ts'
import type { Tick } from './ticks.ts'

export interface Axes {
  /** Columns of the numbers on the left, without the axis. */
  readonly gutter: number
  /** Where in the plot: row from above, column from the left. */
  readonly rows: ReadonlyMap<number, string>
  readonly columns: ReadonlyMap<number, string>
  /** What the lower axis counts, at its right end. */
  readonly below: string
}

/** The columns that the texts of ticks need. */
export function gutterFor(ticks: readonly Tick[]): number {
  return Math.max(0, ...ticks.map(({ text }) => stringWidth(text)))
}

/** How many ticks to ask for along `length` characters where each needs `each`; two at least, and no more than an eye takes in. */
export function mostTicks(length: number, each: number): number {
  return Math.max(2, Math.min(10, Math.floor(length / each) + 1))
}

/** Texts by their place; of two at one place the first. */
export function placed(ticks: readonly Tick[], placeOf: (value: number) => number): ReadonlyMap<number, string> {
  return new Map(ticks.map(({ value, text }) => [placeOf(value), text] as const).reverse())
}

/** The plot's lines (each `width` columns) with the axes: two lines more, `gutter` + 1 columns more. */
export function framed(plot: readonly string[], width: number, { gutter, rows, columns, below }: Axes): string[] {
  const sides = plot.map((line, row) => (rows.get(row) ?? '').padStart(gutter) + (rows.has(row) ? '┤' : '│') + line)
  const axis = Array.from({ length: width }, (_, column) => (columns.has(column) ? '┬' : '─')).join('')
  return [
    ...sides.map((line) => line.trimEnd()),
    `${' '.repeat(gutter)}└${axis}`,
    numbersBelow(gutter + 1, width, columns, below),
  ]
}

/** Each number centred below its tick; left out where it would touch another or could no longer be below. */
function numbersBelow(start: number, width: number, columns: ReadonlyMap<number, string>, below: string): string {
  const end = start + width
  const limit = below === '' ? end : end - stringWidth(below) - 2
  let text = ''
  for (const [column, number] of [...columns].sort(([a], [b]) => a - b)) {
    const wanted = start + column - (stringWidth(number) >> 1)
    const at = Math.max(0, Math.min(wanted, limit - stringWidth(number)))
    const taken = stringWidth(text)
    const isBelow = at <= start + column && at + stringWidth(number) > start + column
    if (!isBelow || at < (taken === 0 ? 0 : taken + 1)) continue
    text += ' '.repeat(at - taken) + number
  }
  return below === '' ? text : text + ' '.repeat(Math.max(1, end - stringWidth(below) - stringWidth(text))) + below
}
