// What a score costs: trained parameters against CIDEr, every attempt by its name.
import { stringWidth } from '../../tables/string-width.ts'
import { shortName } from './lettering.ts'
import { ink, look, pale } from './palette.ts'
import { numberAxis, renderSvg } from './render.ts'

export interface Cost {
  readonly name: string
  readonly trained: number
  readonly score: number
}

export interface CostFigure {
  readonly costs: readonly Cost[]
  readonly score: string
  /** Drawn as a line where it is near the data. */
  readonly limit: number
}

/** An SVG document; parameters in thousands or millions, whichever reads better. */
export function costScatter({ costs, score, limit }: CostFigure): string {
  const most = Math.max(...costs.map(({ trained }) => trained))
  const [unit, word] = most >= 2e6 ? [1e6, 'million'] : [1e3, 'thousand']
  const near = most > limit / 3
  const places = labelPlaces(costs)
  return renderSvg(
    {
      grid: { left: 52, right: 30, top: 30, bottom: 48 },
      xAxis: {
        ...numberAxis,
        name: `trained parameters (${word})`,
        nameLocation: 'middle',
        nameGap: 28,
        ...(near ? { max: Math.ceil((limit / unit) * 1.02) } : {}),
        boundaryGap: ['12%', '12%'],
      },
      yAxis: { ...numberAxis, name: score, nameGap: 12, boundaryGap: ['12%', '20%'] },
      series: costs.map(({ name, trained, score: value }, i) => ({
        type: 'scatter',
        silent: true,
        data: [[trained / unit, value]],
        symbol: look(i).symbol,
        symbolSize: 11,
        color: look(i).colour,
        itemStyle: { opacity: 1 },
        label: { show: true, formatter: () => shortName(name), position: places[i]!, distance: 6, fontSize: 12, color: ink },
        ...(near && i === 0 ? { markLine: limitLine(limit / unit) } : {}),
      })),
    },
    size,
  )
}

const size = { width: 520, height: 290 }
const sides = ['top', 'right', 'bottom', 'left'] as const

type Side = (typeof sides)[number]

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The first side of each point where its name touches no point and no name before it; about where the library draws them. */
function labelPlaces(costs: readonly Cost[]): Side[] {
  const across = scale(costs.map(({ trained }) => trained), 0.75 * size.width) // prettier-ignore
  const up = scale(costs.map(({ score }) => score), 0.55 * size.height) // prettier-ignore
  const marks = costs.map((_, i) => ({ x: across[i]! - 7, y: -up[i]! - 7, width: 14, height: 14 }))
  const taken: Box[] = [...marks]
  return costs.map(({ name }, i) => {
    const boxes = sides.map((side) => labelBox(side, marks[i]!, 7 * stringWidth(shortName(name))))
    const free = Math.max(0, boxes.findIndex((box) => !taken.some((its) => its !== marks[i] && overlap(box, its)))) // prettier-ignore
    taken.push(boxes[free]!)
    return sides[free]!
  })
}

/** Each value's place between the smallest at 0 and the largest at `length`. */
function scale(values: readonly number[], length: number): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return values.map((value) => (high === low ? 0 : ((value - low) / (high - low)) * length))
}

function labelBox(side: Side, mark: Box, width: number): Box {
  const height = 15
  const [centreX, centreY] = [mark.x + mark.width / 2, mark.y + mark.height / 2]
  if (side === 'left' || side === 'right')
    return { x: side === 'left' ? mark.x - 5 - width : mark.x + mark.width + 5, y: centreY - height / 2, width, height }
  return { x: centreX - width / 2, y: side === 'top' ? mark.y - 5 - height : mark.y + mark.height + 5, width, height }
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

function limitLine(at: number) {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: pale, type: 'dashed' as const },
    label: { formatter: 'limit', color: ink },
    data: [{ xAxis: at }],
  }
}
