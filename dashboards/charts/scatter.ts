// Points of two numbers each, by name: what a score costs. Every point is a sign; its name stands beside it wherever it touches nothing
// else, and names that find no place stand below with their signs.
import { stringWidth, truncated } from '../../src/tables/string-width.ts'
import { harmless } from '../../src/tables/table.ts'
import { cutTo } from '../text.ts'
import { framed, gutterFor, mostTicks, placed } from './axes.ts'
import { canvas, canvasLines, isEmpty, sign, type Canvas } from './braille.ts'
import type { Size } from './line-chart.ts'
import { markOf, paintSeries } from './series-look.ts'
import { ticks, type Unit } from './ticks.ts'

export interface ScatterPoint {
  readonly name: string
  /** Chooses sign and colour. */
  readonly look: number
  readonly x: number
  readonly y: number
}

export interface Scatter {
  readonly title: string
  readonly points: readonly ScatterPoint[]
  readonly xName: string
  readonly xUnit: Unit
  readonly yUnit: Unit
}

interface Place {
  readonly column: number
  readonly row: number
}

/** Lines that fill `size`: title, plot, axis, numbers, and one for the names without a place where there are any. */
export function scatter({ title, points, xName, xUnit, yUnit }: Scatter, { columns, rows }: Size): string[] {
  const shown = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  const height = Math.max(1, rows - 4)
  const [across, up] = [airy(shown.map(({ x }) => x)), airy(shown.map(({ y }) => y))]
  const left = shown.length === 0 ? [] : ticks(up.low, up.high, mostTicks(height, 2), yUnit)
  const gutter = gutterFor(left)
  const width = Math.max(2, columns - gutter - 1)
  const columnOf = (x: number) => Math.round(((x - across.low) / (across.high - across.low)) * (width - 1))
  const rowOf = (y: number) => Math.round(((up.high - y) / (up.high - up.low)) * (height - 1))
  const drawn = canvas(width, height)
  const places = shown.map(({ x, y }) => ({ column: columnOf(x), row: rowOf(y) }))
  shown.forEach(({ look }, i) => sign(drawn, places[i]!.column, places[i]!.row, markOf(look), look))
  const homeless = shown.filter((point, i) => !writeName(drawn, point, places[i]!))
  const below = shown.length === 0 ? [] : ticks(across.low, across.high, mostTicks(width, 11), xUnit)
  const axes = { gutter, rows: placed(left, rowOf), columns: placed(below, columnOf), below: xName }
  const lines = [cutTo(title, columns), ...framed(canvasLines(drawn, paintSeries), width, axes)]
  return [
    ...lines,
    cutTo(homeless.map(({ name, look }) => paintSeries(look, `${markOf(look)} ${harmless(name)}`)).join('  '), columns),
  ]
}

/** The range of numbers with air around them; around a single number as much as it is. */
export function airy(numbers: readonly number[]): { low: number; high: number } {
  const [low, high] = [Math.min(...numbers, Infinity), Math.max(...numbers, -Infinity)]
  if (low > high) return { low: 0, high: 1 }
  const air = high > low ? (high - low) * 0.1 : Math.abs(low) * 0.5 || 1
  return { low: low >= 0 ? Math.max(0, low - air) : low - air, high: high + air }
}

/** Writes the name into the first free place beside its sign: right, left, then the rows above and below. False where none is free. */
function writeName(on: Canvas, { name, look }: ScatterPoint, { column, row }: Place): boolean {
  const text = truncated(harmless(name), 24)
  const width = stringWidth(text)
  const letters = Array.from(text)
  if (width !== letters.length) return false // one character a column is what a canvas can hold
  const starts = [column + 2, column - 1 - width, column - (width >> 1)]
  for (const [down, from] of [
    [0, 0],
    [0, 1],
    [-1, 2],
    [1, 2],
    [-1, 0],
    [1, 0],
    [-1, 1],
    [1, 1],
  ] as const) {
    const start = starts[from]!
    if (!isFree(on, start - 1, start + width + 1, row + down, column)) continue
    letters.forEach((letter, i) => sign(on, start + i, row + down, letter, look))
    return true
  }
  return false
}

/** Whether a name fits with a free column at both ends, where the plot does not end there; its own sign may stand there. */
function isFree(on: Canvas, start: number, end: number, row: number, own: number): boolean {
  if (row < 0 || row >= on.rows || start < -1 || end > on.columns + 1) return false
  for (let column = Math.max(0, start); column < Math.min(on.columns, end); column++)
    if (!isEmpty(on, column, row) && column !== own) return false
  return true
}
