// The charting library's one door: options to an SVG document, without a browser and without randomness.
import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { EChartsOption } from 'echarts'
import { fontFamily, ink, pale, rule } from './palette.ts'

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer])

export type { EChartsOption }

export interface FigureSize {
  /** In points of 1/96 inch. */
  readonly width: number
  readonly height: number
}

/** The chart as an SVG document; texts stay texts. */
export function renderSvg(options: EChartsOption, { width, height }: FigureSize): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily, color: ink, fontSize: 12 }, ...options })
    return withoutPointer(chart.renderToSVGString())
  } finally {
    chart.dispose()
  }
}

/** Without what the library adds for a mouse, and numbers by process: the same chart is the same document. */
function withoutPointer(svg: string): string {
  return svg
    .replace(/<style\b[^]*?<\/style>\n?/g, '')
    .replace(/ (?:class|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/\bzr\d+-/g, 'zr-')
}

/** An axis of numbers: thin grid lines, its name at its end or along it. */
export const numberAxis = {
  type: 'value',
  scale: true,
  axisLine: { show: true, lineStyle: { color: pale } },
  axisTick: { show: true, lineStyle: { color: pale } },
  axisLabel: { color: ink, fontSize: 11 },
  splitLine: { lineStyle: { color: rule } },
  nameTextStyle: { color: ink, fontSize: 12 },
} as const
