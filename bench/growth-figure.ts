// Curves of growth as one picture: above the time, below the memory, and with each a straight line from its first point to its last. What
// grows faster than in proportion sags below the line.
import { look, pale } from '../src/report/figures/palette.ts'
import { numberAxis, renderSvg } from '../src/report/figures/render.ts'

export interface Point {
  readonly value: number
  readonly seconds: number
  readonly bytes: number
}

export interface Curve {
  /** `train step` */
  readonly name: string
  /** `images in a batch` */
  readonly by: string
  readonly points: readonly Point[]
}

const panel = { width: 240, height: 240, left: 52, right: 14, top: 58, bottom: 44 }

/** An SVG document. */
export function growthFigure(curves: readonly Curve[]): string {
  const panels = curves.flatMap((curve, column) => [timePanel(curve, column), memoryPanel(curve, column)])
  return renderSvg(
    {
      backgroundColor: '#ffffff',
      title: panels.map(({ title, column, row }) => ({
        text: title,
        left: column * panel.width + 8,
        top: row * panel.height + 4,
        textStyle: { fontSize: 12 },
      })),
      grid: panels.map(({ column, row }) => ({
        left: column * panel.width + panel.left,
        top: row * panel.height + panel.top,
        width: panel.width - panel.left - panel.right,
        height: panel.height - panel.top - panel.bottom,
      })),
      xAxis: panels.map(({ by }, gridIndex) => ({
        ...{ ...numberAxis, scale: false, gridIndex, name: by, nameLocation: 'middle' as const, nameGap: 24, min: 0 },
        axisLabel: { ...numberAxis.axisLabel, hideOverlap: true },
      })),
      yAxis: panels.map((_, gridIndex) => ({ ...numberAxis, scale: false, gridIndex, min: 0 })),
      series: panels.flatMap(({ points }, i) => [line([points[0]!, points.at(-1)!], i, 'straight'), line(points, i, 'measured')]),
    },
    { width: curves.length * panel.width, height: 2 * panel.height },
  )
}

interface Panel {
  readonly title: string
  readonly by: string
  readonly column: number
  readonly row: 0 | 1
  readonly points: readonly XY[]
}

type XY = readonly [value: number, measured: number]

function timePanel({ name, by, points }: Curve, column: number): Panel {
  const [unit, scale] = Math.max(...points.map(({ seconds }) => seconds)) < 1 ? ['ms', 1000] : ['s', 1]
  const measured = points.map(({ value, seconds }): XY => [value, scale * seconds])
  return { title: `${name}\n${unit}, least of five; ${sagText(measured)}`, by, column, row: 0, points: measured }
}

function memoryPanel({ name, by, points }: Curve, column: number): Panel {
  const measured = points.map(({ value, bytes }): XY => [value, bytes / 2 ** 30])
  return { title: `${name}\nGiB, peak; ${sagText(measured)}`, by, column, row: 1, points: measured }
}

/** How far points lie below the straight line, at most, in shares of the last. */
function sagText(points: readonly XY[]): string {
  const [[x0, y0], [x1, y1]] = [points[0]!, points.at(-1)!]
  const sags = points.map(([x, y]) => (y0 + ((y1 - y0) * (x - x0)) / (x1 - x0) - y) / y1)
  return `sags ${Math.max(0, ...sags.map((sag) => Math.round(100 * sag)))} %`
}

function line(points: readonly XY[], gridIndex: number, kind: 'measured' | 'straight') {
  const measured = kind === 'measured'
  return {
    ...{
      type: 'line' as const,
      silent: true,
      data: points.map((point) => [...point]),
      xAxisIndex: gridIndex,
      yAxisIndex: gridIndex,
      showSymbol: measured,
    },
    ...{ symbol: 'circle', symbolSize: 7, color: measured ? look(0).colour : pale },
    lineStyle: { width: measured ? 2 : 1.2, type: measured ? ('solid' as const) : ('dashed' as const) },
  }
}
