// Charts on a page instead of in a terminal: an SVG document with the same curves, numbers and signs.
import { stringWidth, truncated } from '../../src/tables/string-width.ts'
import { escapeHtml } from '../../src/tables/html.ts'
import { harmless } from '../../src/tables/table.ts'
import { pageColour, pageSign } from './series-look.ts'
import type { Tick } from './ticks.ts'

export interface PageAxis {
  readonly low: number
  readonly high: number
  readonly ticks: readonly Tick[]
}

export type Point = readonly [x: number, y: number]

export interface PageChart {
  readonly title: string
  readonly x: PageAxis
  readonly y: PageAxis
  readonly xName: string
  /** Unbroken lines, in the look of their series. */
  readonly lines: readonly { readonly look: number; readonly points: readonly Point[] }[]
  readonly signs: readonly { readonly look: number; readonly at: Point }[]
}

/** How many ticks the axes of a chart have room for. */
export const pageTicks = { x: 7, y: 7 }

const chart = { width: 600, height: 340 }
const plot = { left: 70, top: 36, width: 510, height: 250 }
const ink = '#222222'

/** The charts in two columns, below them the names of all series with their signs. */
export function svgPage(charts: readonly PageChart[], names: readonly string[]): string {
  const across = Math.min(2, charts.length)
  const width = across * chart.width
  const legend = legendLines(names, width - 40)
  const chartsHeight = Math.ceil(charts.length / across) * chart.height
  const placed = charts.map((each, i) => {
    const [left, top] = [(i % across) * chart.width, Math.floor(i / across) * chart.height]
    return `<g transform="translate(${left} ${top})">${chartParts(each, i)}</g>`
  })
  const height = chartsHeight + 24 * legend.length + 12
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Noto Sans, Noto Sans TC, Noto Sans Math, Helvetica, Arial, sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...placed,
    ...legend.map((line, i) => `<g transform="translate(20 ${chartsHeight + 24 * i + 12})">${line}</g>`),
    '</svg>\n',
  ].join('\n')
}

function chartParts({ title, x, y, xName, lines, signs }: PageChart, number: number): string {
  const across = (value: number) => rounded(plot.left + ((value - x.low) / (x.high - x.low || 1)) * plot.width)
  const up = (value: number) => rounded(plot.top + ((y.high - value) / (y.high - y.low || 1)) * plot.height)
  const bottom = plot.top + plot.height
  return [
    text(title, plot.left, 22, 'font-weight="bold"'),
    ...y.ticks.map(({ value, text: words }) => rule(plot.left, up(value), plot.left + plot.width, up(value)) + text(words, plot.left - 8, up(value) + 4, 'text-anchor="end"')), // prettier-ignore
    ...x.ticks.map(({ value, text: words }) => rule(across(value), bottom, across(value), bottom + 5) + text(words, across(value), bottom + 20, 'text-anchor="middle"')), // prettier-ignore
    `<path d="M${plot.left} ${plot.top}V${bottom}H${plot.left + plot.width}" fill="none" stroke="${ink}"/>`,
    text(xName, plot.left + plot.width, bottom + 38, 'text-anchor="end"'),
    `<clipPath id="plot${number}"><rect x="${plot.left}" y="${plot.top}" width="${plot.width}" height="${plot.height}"/></clipPath>`,
    `<g clip-path="url(#plot${number})" fill="none" stroke-width="1.6" stroke-linejoin="round">`,
    ...lines.map(({ look, points }) => `<polyline stroke="${pageColour(look)}" points="${points.map(([a, b]) => `${across(a)},${up(b)}`).join(' ')}"/>`), // prettier-ignore
    '</g>',
    ...signs.map(({ look, at }) => pageSign(look, across(at[0]), up(at[1]))),
  ].join('\n')
}

/** A tenth of a pixel is seen by nobody, and a long curve is a large file. */
function rounded(place: number): number {
  return Math.round(place * 10) / 10
}

function rule(x: number, y: number, toX: number, toY: number): string {
  return `<path d="M${x} ${y}L${toX} ${toY}" stroke="#dddddd"/>`
}

function text(words: string, x: number, y: number, more = ''): string {
  return `<text x="${x}" y="${y}" fill="${ink}" ${more}>${escapeHtml(harmless(words))}</text>`
}

/** As many names to a line as fit, by what their letters take at most. */
function legendLines(names: readonly string[], width: number): string[] {
  const lines: string[] = []
  let [line, left] = ['', 0]
  for (const [look, whole] of names.entries()) {
    const name = truncated(harmless(whole), 60)
    const taken = 40 + 9 * stringWidth(name)
    if (left > 0 && left + taken > width) {
      lines.push(line)
      ;[line, left] = ['', 0]
    }
    line += pageSign(look, left + 6, 8) + text(name, left + 18, 13)
    left += taken
  }
  return [...lines, line]
}
