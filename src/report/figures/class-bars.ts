// The most probable classes of one image as bars, the most probable on top; the true one is coloured and ticked.
import { fixed } from '../../tables/format.ts'
import { ink, other, pale, right } from './palette.ts'
import { renderSvg } from './render.ts'

export interface ClassBar {
  readonly name: string
  /** 0..1. */
  readonly probability: number
  readonly correct: boolean
}

/** An SVG document. Every bar has its number; class names are cut where they are long. */
export function classBars(bars: readonly ClassBar[]): string {
  const rows = [...bars].reverse() // the axis begins below
  return renderSvg(
    {
      grid: { left: 138, right: 56, top: 6, bottom: 6 },
      xAxis: { type: 'value', min: 0, max: 1, show: false },
      yAxis: {
        type: 'category',
        data: rows.map(({ name, correct }) => (correct ? `✓ ${name}` : name)),
        axisLine: { lineStyle: { color: pale } },
        axisTick: { show: false },
        axisLabel: { color: ink, fontSize: 13, width: 122, overflow: 'truncate' },
      },
      series: [
        {
          type: 'bar',
          silent: true,
          barWidth: '62%',
          data: rows.map(({ probability, correct }) => ({
            value: probability,
            itemStyle: { color: correct ? right : other, borderColor: ink, borderWidth: correct ? 1 : 0 },
          })),
          label: {
            show: true,
            position: 'right',
            color: ink,
            fontSize: 13,
            formatter: ({ dataIndex }) => probabilityText(rows[dataIndex]!.probability),
          },
        },
      ],
    },
    { width: 470, height: 142 },
  )
}

/** Three digits; what they cannot show is told to be less. */
export function probabilityText(probability: number): string {
  return probability < 0.0005 ? '< 0.001' : fixed(probability, 3)
}
