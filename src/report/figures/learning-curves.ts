// How attempts learned: the loss at every step, smoothed, and the score of every evaluation.
import { stringWidth } from '../../tables/string-width.ts'
import { shortName } from './lettering.ts'
import { look } from './palette.ts'
import { numberAxis, renderSvg } from './render.ts'

export interface Curve {
  readonly name: string
  readonly points: readonly (readonly [step: number, value: number])[]
}

export interface CurvesFigure {
  readonly curves: readonly Curve[]
  /** `training loss`: stands above the axis. */
  readonly quantity: string
  /** Where the axis of steps ends. */
  readonly lastStep: number
  /** Marks on every point: for scores that were taken a few times. */
  readonly marked: boolean
}

const width = 400
const legendLine = 22

/** An SVG document, the higher the more lines its legend takes. */
export function learningCurves({ curves, quantity, lastStep, marked }: CurvesFigure): string {
  const legend = legendLine * legendLines(curves.map(({ name }) => shortName(name)))
  return renderSvg(
    {
      title: { text: quantity, left: 0, top: 0, textStyle: { fontSize: 13 } },
      legend: {
        selectedMode: false,
        bottom: 0,
        itemWidth: 32,
        data: curves.map(({ name }) => name),
        formatter: shortName,
        textStyle: { fontSize: 12 },
      },
      grid: { left: 44, right: 14, top: 30, bottom: 44 + legend },
      xAxis: { ...numberAxis, scale: false, name: 'optimizer step', nameLocation: 'middle', nameGap: 24, max: lastStep },
      yAxis: numberAxis,
      series: curves.map(({ name, points }, i) => ({
        type: 'line',
        silent: true,
        name,
        data: points.map(([step, value]) => [step, value]),
        symbol: look(i).symbol,
        symbolSize: 8,
        showSymbol: marked,
        clip: false,
        color: look(i).colour,
        lineStyle: { width: 1.8, type: dashOf(i) },
      })),
    },
    { width, height: 238 + legend },
  )
}

/** About as many as the library takes. */
function legendLines(names: readonly string[]): number {
  let [lines, used] = [1, 0]
  for (const name of names) {
    const taken = 47 + 7 * stringWidth(name)
    if (used > 0 && used + taken > width) [lines, used] = [lines + 1, 0]
    used += taken
  }
  return lines
}

function dashOf(series: number): 'solid' | 'dashed' | 'dotted' | number[] {
  const { dash } = look(series)
  return typeof dash === 'string' ? dash : [...dash]
}

/** At most `most` points: means of as many stretches of equal length, each at the step of its middle. */
export function smoothed(steps: ArrayLike<number>, values: ArrayLike<number>, most = 60): [number, number][] {
  const stretch = Math.max(1, Math.ceil(steps.length / most))
  const points: [number, number][] = []
  for (let from = 0; from < steps.length; from += stretch) {
    const until = Math.min(steps.length, from + stretch)
    let sum = 0
    for (let i = from; i < until; i++) sum += values[i]!
    points.push([steps[(from + until - 1) >> 1]!, sum / (until - from)])
  }
  return points
}
