// The charts of the terminal for a page.
import type { ChartSeries, LineChart } from './line-chart.ts'
import { padded, visiblePoints, visibleRange, yTicks } from './line-chart.ts'
import { pageTicks, type PageChart, type Point } from './page.ts'
import { extent, type Pyramid } from './pyramid.ts'
import { airy, type Scatter } from './scatter.ts'
import { ticks } from './ticks.ts'

/** The same part of the same curves. */
export function lineChartOnPage(chart: LineChart): PageChart {
  const { title, series, from, to, xName, xUnit, log } = chart
  const { low, high } = padded(visibleRange(chart)) ?? { low: 0, high: 1 }
  const curves = series.map((each, i) => ({ each, points: visibleStretches(each, chart), stagger: i / series.length }))
  return {
    title: log ? `${title} (logarithmic)` : title,
    x: { low: from, high: to, ticks: ticks(from, to, pageTicks.x, xUnit) },
    y: { low, high, ticks: yTicks({ low, high }, pageTicks.y, chart) },
    xName,
    lines: curves.flatMap(({ each: { look }, points }) => points.map((its) => ({ look, points: its }))),
    signs: curves.flatMap(({ each, points, stagger }) => signsAlong(each, points.flat(), chart, stagger)),
  }
}

const most = 1000 // stretches of a curve, two for each column of a plot

/** The curve between its gaps, one point beyond each edge; of long curves the smallest and largest value of each stretch. */
function visibleStretches({ points }: ChartSeries, { from, to }: LineChart): Point[][] {
  const [start, end] = visiblePoints(points, from, to)
  const [first, last] = [Math.max(0, start - 1), Math.min(points.xs.length, end + 1)]
  const size = Math.ceil((last - first) / most)
  const lines: Point[][] = [[]]
  for (let i = first; i < last; i += size) {
    const { low, high } = extent(points, i, Math.min(last, i + size))
    if (low > high) lines.push([])
    else lines.at(-1)!.push(...edges(points, i, low, high))
  }
  return lines.filter(({ length }) => length > 0)
}

function edges({ xs }: Pyramid, at: number, low: number, high: number): Point[] {
  return low === high ? [[xs[at]!, low]] : [[xs[at]!, low], [xs[at]!, high]] // prettier-ignore
}

/** On every point where they are few, else on six places that are others for each series. */
function signsAlong(
  { look }: ChartSeries,
  points: readonly Point[],
  { from, to }: LineChart,
  stagger: number,
): PageChart['signs'] {
  const inside = points.filter(([x]) => x >= from && x <= to)
  const places = Array.from({ length: 6 }, (_, i) => Math.floor(((i + stagger) / 6) * inside.length))
  const shown = inside.length <= 40 ? inside : places.flatMap((place) => [inside[place]!])
  return shown.map((at) => ({ look, at }))
}

/** The same points; their names stand in the legend. */
export function scatterOnPage({ title, points, xName, xUnit, yUnit }: Scatter): PageChart {
  const shown = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  const [across, up] = [airy(shown.map(({ x }) => x)), airy(shown.map(({ y }) => y))]
  return {
    ...{ title, xName, lines: [] },
    x: { ...across, ticks: ticks(across.low, across.high, pageTicks.x, xUnit) },
    y: { ...up, ticks: ticks(up.low, up.high, pageTicks.y, yUnit) },
    signs: shown.map(({ look, x, y }) => ({ look, at: [x, y] as const })),
  }
}
