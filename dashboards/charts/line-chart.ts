// Curves of several series over one axis, drawn in dots. However long a series is, it costs one look into its pyramid for each column of
// dots, which then shows all values between the smallest and the largest of its stretch: no peak is ever lost. Values that are not finite
// are gaps, and a point between two gaps shows as its series' sign.
import { cutTo } from '../text.ts'
import { framed, gutterFor, mostTicks, placed } from './axes.ts'
import { canvas, canvasLines, hasSign, isEmpty, line, sign, upright, type Canvas } from './braille.ts'
import { extent, nearestPoint, pointsBefore, type Extent, type Pyramid } from './pyramid.ts'
import { markOf, paintSeries } from './series-look.ts'
import { logTicks, numberText, ticks, type Tick, type Unit } from './ticks.ts'

export interface ChartSeries {
  /** Chooses sign and colour, the same for a run in every chart. */
  readonly look: number
  /** Of a logarithmic chart the logarithms to base 10. */
  readonly points: Pyramid
}

export interface LineChart {
  readonly title: string
  readonly series: readonly ChartSeries[]
  /** The part of the x axis that is seen. */
  readonly from: number
  readonly to: number
  readonly xName: string
  readonly xUnit: Unit
  readonly yUnit: Unit
  readonly log: boolean
  /** The x whose values stand in the title; none by default. */
  readonly crosshair?: number | undefined
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Where values lie on the canvas, in dots. */
interface Scale {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
  /** The x at the left edge of a column of dots. */
  readonly edge: (dot: number) => number
}

/** Lines that fill `size`: title, plot, axis, numbers. */
export function lineChart(chart: LineChart, { columns, rows }: Size): string[] {
  const height = Math.max(1, rows - 3)
  const range = padded(visibleRange(chart))
  const left = range === undefined ? [] : yTicks(range, mostTicks(height, 2), chart)
  const gutter = gutterFor(left)
  const width = Math.max(2, columns - gutter - 1)
  const scale = scaleOf(chart, range ?? { low: 0, high: 1 }, width, height)
  const drawn = canvas(width, height)
  for (const series of chart.series) drawCurve(drawn, series, chart, scale)
  for (const [i, series] of chart.series.entries()) drawSigns(drawn, series, chart, scale, i / chart.series.length)
  if (chart.crosshair !== undefined) drawCrosshair(drawn, scale.x(chart.crosshair) >> 1)
  const plot = range === undefined ? nothingIn(width, height) : canvasLines(drawn, paintSeries)
  const below = ticks(chart.from, chart.to, mostTicks(width, chart.xUnit === 'seconds' ? 11 : 8), chart.xUnit)
  const axes = {
    gutter,
    rows: placed(left, (value) => scale.y(value) >> 2),
    columns: placed(below, (value) => scale.x(value) >> 1),
    below: chart.xName,
  }
  return [titleLine(chart, columns), ...framed(plot, width, axes)]
}

function nothingIn(width: number, height: number): string[] {
  const text = cutTo('no numbers here', width)
  return Array.from({ length: height }, (_, row) => (row === height >> 1 ? ' '.repeat((width - text.length) >> 1) + text : ''))
}

/** With a crosshair the values there: of each series at its nearest point, whose place is told where it is another one. */
function titleLine(chart: LineChart, columns: number): string {
  const { crosshair, title, xName, xUnit } = chart
  if (crosshair === undefined) return cutTo(title, columns)
  const points = chart.series.map(({ points }) => pointUnder(points, crosshair, chart))
  const places = new Set(points.flatMap((point) => point?.x ?? []))
  const place = places.size === 1 ? [...places][0]! : crosshair
  const values = chart.series.map(({ look }, i) => paintSeries(look, `${markOf(look)} ${valueText(points[i], place, chart)}`))
  return cutTo([title, `${xName} ${numberText(place, xUnit)}:`, ...values].join('  '), columns)
}

interface PointUnder {
  readonly x: number
  readonly value: number
}

/** The point nearest to `x`; undefined before the first and behind the last. */
function pointUnder({ xs, ys }: Pyramid, x: number, { log, from, to }: LineChart): PointUnder | undefined {
  const nearest = nearestPoint({ xs }, x)
  const near = (to - from) / 100
  if (nearest === undefined || x < xs[0]! - near || x > xs.at(-1)! + near) return undefined
  return { x: xs[nearest]!, value: log ? 10 ** ys[nearest]! : ys[nearest]! }
}

function valueText(point: PointUnder | undefined, place: number, { from, to, xUnit, yUnit }: LineChart): string {
  const text = numberText(point?.value, yUnit)
  const isThere = point === undefined || Math.abs(point.x - place) <= (to - from) / 100
  return isThere ? text : `${text} (at ${numberText(point.x, xUnit)})`
}

/** All values that are seen, those where curves enter and leave included; undefined where there is none. */
export function visibleRange({ series, from, to }: LineChart): Extent | undefined {
  let [low, high] = [Infinity, -Infinity]
  for (const { points } of series) {
    const [first, end] = visiblePoints(points, from, to)
    const inside = extent(points, first, end)
    const edges = [between(points, first, from), between(points, end, to)].filter(Number.isFinite)
    low = Math.min(low, inside.low, ...edges)
    high = Math.max(high, inside.high, ...edges)
  }
  return low <= high ? { low, high } : undefined
}

/** The first point in sight and the first behind it. */
export function visiblePoints(points: Pyramid, from: number, to: number): [number, number] {
  const first = pointsBefore(points, from)
  let end = pointsBefore(points, to)
  while (end < points.xs.length && points.xs[end] === to) end++
  return [first, end]
}

/** The curve's height at `x` between point `after` and the one before; NaN where there is no curve. */
function between({ xs, ys }: Pyramid, after: number, x: number): number {
  if (after === 0 || after >= xs.length) return NaN
  const share = (x - xs[after - 1]!) / (xs[after]! - xs[after - 1]!)
  return ys[after - 1]! + share * (ys[after]! - ys[after - 1]!)
}

/** A little air above and below, and some around a single value. */
export function padded(range: Extent | undefined): Extent | undefined {
  if (range === undefined) return undefined
  const { low, high } = range
  const air = high > low ? (high - low) * 0.04 : Math.abs(low) * 0.1 || 1
  return { low: low - air, high: high + air }
}

export function yTicks({ low, high }: Extent, most: number, { log, yUnit }: LineChart): Tick[] {
  if (!log) return ticks(low, high, most, yUnit)
  return logTicks(10 ** low, 10 ** high, most, yUnit).map(({ value, text }) => ({ value: Math.log10(value), text }))
}

function scaleOf({ from, to }: LineChart, { low, high }: Extent, width: number, height: number): Scale {
  const across = to > from ? (2 * width - 1) / (to - from) : 0
  const up = (4 * height - 1) / (high - low)
  const far = 16 * height
  return {
    x: (value) => (across === 0 ? width : Math.round((value - from) * across)),
    y: (value) => Math.max(-far, Math.min(far, Math.round((high - value) * up))),
    edge: (dot) => (across === 0 ? (dot > width ? Infinity : -Infinity) : from + (dot - 0.5) / across),
  }
}

function drawCurve(on: Canvas, { look, points }: ChartSeries, { from, to }: LineChart, scale: Scale): void {
  const [start, end] = visiblePoints(points, from, to)
  for (let x = 0, first = start; x < 2 * on.columns && first < end; x++) {
    const next = Math.min(end, pointsBefore(points, scale.edge(x + 1)))
    if (next <= first) continue
    const { low, high } = extent(points, first, next)
    if (low <= high) upright(on, x, scale.y(low), scale.y(high), look)
    join(on, points, first, scale, look)
    first = next
  }
  join(on, points, end, scale, look)
}

/** The line from the point before `point` to it, as far as it is seen; none beside a gap. */
function join(on: Canvas, { xs, ys }: Pyramid, point: number, scale: Scale, look: number): void {
  if (point === 0 || point >= xs.length || !Number.isFinite(ys[point - 1]! + ys[point]!)) return
  const [x, toX] = [scale.x(xs[point - 1]!), scale.x(xs[point]!)]
  const [y, toY] = [scale.y(ys[point - 1]!), scale.y(ys[point]!)]
  const slope = toX > x ? (toY - y) / (toX - x) : 0
  const [left, right] = [Math.max(x, 0), Math.min(toX, 2 * on.columns - 1)]
  if (left > right) return
  line(on, left, Math.round(y + (left - x) * slope), right, Math.round(toY + (right - toX) * slope), look)
}

/** A sign on every point where points are few, else here and there, and always on points between gaps; `stagger` 0..1 keeps series apart. */
function drawSigns(on: Canvas, { look, points }: ChartSeries, { from, to }: LineChart, scale: Scale, stagger: number): void {
  const [start, end] = visiblePoints(points, from, to)
  const mark = (point: number) => {
    const y = points.ys[point]!
    if (Number.isFinite(y)) beside(on, scale.x(points.xs[point]!) >> 1, scale.y(y) >> 2, look)
  }
  const few = end - start <= on.columns / 3
  for (let point = start; point < end && end - start <= 4 * on.columns; point++) if (few || isAlone(points, point)) mark(point)
  if (few) return
  const apart = Math.max(12, on.columns / 4)
  for (let column = apart * (0.25 + 0.75 * stagger); column < on.columns; column += apart) {
    const point = nearestPoint(points, scale.edge(2 * Math.round(column) + 1))
    if (point !== undefined && point >= start && point < end) mark(point)
  }
}

/** The series' sign, moved aside where that of another stands: signs of equal values stand beside each other. */
function beside(on: Canvas, column: number, row: number, look: number): void {
  const places = [0, 1, -1, 2, -2, 3, -3].map((by) => column + by)
  const free = places.find((place) => place >= 0 && place < on.columns && !hasSign(on, place, row))
  sign(on, free ?? column, row, markOf(look), look)
}

function isAlone({ ys }: Pyramid, point: number): boolean {
  return !Number.isFinite(ys[point - 1] ?? NaN) && !Number.isFinite(ys[point + 1] ?? NaN)
}

function drawCrosshair(on: Canvas, column: number): void {
  for (let row = 0; row < on.rows; row++) if (isEmpty(on, column, row)) sign(on, column, row, '│', -1)
}
