// A table for the terminal. Marks are characters, because nothing may depend on bold or colour: * best, + second.
import { stringWidth, truncated } from './string-width.ts'
import { checked, harmless, heading, type Cell, type Column, type Table } from './table.ts'

export interface PlainOptions {
  /** Columns of the terminal: the widest texts are cut to fit. Unlimited by default. */
  readonly width?: number
}

const gap = '  '
const narrowest = 4

/** Heading, rule and rows, without a final line end; columns two spaces apart, no space at a line's end. */
export function plain(table: Table, { width = Infinity }: PlainOptions = {}): string {
  const { columns, rows } = checked(table)
  const marked = columns.map((_, i) => rows.some((row) => row[i]!.mark !== undefined))
  const body = rows.map((row) => row.map((cell, i) => marking(harmless(cell.text), cell, marked[i]!)))
  const head = columns.map((column, i) => harmless(heading(column)) + (marked[i] && column.align === 'right' ? ' ' : ''))
  const widths = fitted(
    columns.map((_, i) => Math.max(...[head, ...body].map((line) => stringWidth(line[i]!)))),
    width,
  )
  const lines = [head, widths.map((columnWidth) => '─'.repeat(columnWidth)), ...body]
  return lines
    .map((line) =>
      line
        .map((text, i) => aligned(text, widths[i]!, columns[i]!))
        .join(gap)
        .trimEnd(),
    )
    .join('\n')
}

/** In a column with marks every text ends in one or in a space, so that digits stay below digits. */
function marking(text: string, { mark }: Cell, columnHasMarks: boolean): string {
  if (mark === undefined) return columnHasMarks ? `${text} ` : text
  return text + (mark === 'best' ? '*' : '+')
}

function aligned(text: string, width: number, { align = 'left' }: Column): string {
  const shown = truncated(text, width)
  const space = width - stringWidth(shown)
  const before = align === 'right' ? space : align === 'center' ? Math.floor(space / 2) : 0
  return ' '.repeat(before) + shown + ' '.repeat(space - before)
}

/** Takes columns from the widest until all fit, or none is wider than a few characters. */
function fitted(widths: readonly number[], available: number): number[] {
  const fitting = [...widths]
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1) - available
  for (; excess > 0; excess--) {
    const widest = fitting.indexOf(Math.max(...fitting))
    if (fitting[widest]! <= narrowest) break
    fitting[widest]!--
  }
  return fitting
}
