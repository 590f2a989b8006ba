// Which charts the curves view shows, from the model: metrics, attempts, the part of the axis.
import type { Series } from '../../src/tracking/reader.ts'
import type { ChartSeries, LineChart, Size } from '../charts/line-chart.ts'
import type { Attempt } from '../data/attempts.ts'
import { drawnCurve, unitOf, xUnits } from '../data/curves.ts'
import type { Need } from '../data/messages.ts'
import { answerTo, type Model } from '../model.ts'
import { comparedAttempts } from './compared-attempts.ts'
import { namesOf } from './compared.ts'

/** The metrics that are drawn when nobody has chosen any, as far as there is room, most telling first. */
const preferred = ['train/loss', 'subset/cider', 'val/loss', 'subset/clipscore', 'train/lr', 'train/captions_per_second']
const lowest = 8 // rows of a chart
const narrowest = 56 // columns of a chart that has another beside it

export interface Grid {
  readonly across: number
  readonly down: number
}

/** How many charts fit beside and below each other; never more than `wanted` needs. */
export function gridFor(size: Size, wanted: number): Grid {
  const across = Math.max(1, Math.min(Math.floor(size.columns / narrowest), wanted > 1 ? 2 : 1))
  const down = Math.max(1, Math.min(Math.floor(size.rows / lowest), Math.ceil(wanted / across)))
  return { across, down }
}

/** All metrics of the compared attempts; undefined before they are known. */
export function knownMetrics(model: Model): readonly string[] | undefined {
  return answerTo(model, namesNeed(comparedAttempts(model)))
}

/** What somebody chose, else the four that tell most. */
function wantedMetrics(model: Model): readonly string[] {
  if (model.curves.metrics !== undefined) return model.curves.metrics
  const known = knownMetrics(model) ?? []
  return [...preferred.filter((name) => known.includes(name)), ...known.filter((name) => !preferred.includes(name))].slice(0, 4)
}

/** What somebody chose, else as many of those that tell most as fit. */
export function shownMetrics(model: Model, size: Size): readonly string[] {
  const wanted = wantedMetrics(model)
  const { across, down } = gridFor(size, wanted.length)
  return model.curves.metrics === undefined ? wanted.slice(0, across * down) : wanted
}

function namesNeed(attempts: readonly Attempt[]): Extract<Need, { need: 'metrics' }> {
  return { need: 'metrics', runs: attempts.map(({ run }) => run.id) }
}

function curveNeed({ run }: Attempt, metric: string): Extract<Need, { need: 'curve' }> {
  return { need: 'curve', run: run.id, metric }
}

function sketchNeed({ run }: Attempt, metric: string): Extract<Need, { need: 'sketch' }> {
  return { need: 'sketch', run: run.id, metric }
}

/** The names of metrics first, then the curves that may be drawn: all of them roughly before any of them whole. */
export function curvesNeeds(model: Model): Need[] {
  const attempts = comparedAttempts(model)
  const metrics = [...wantedMetrics(model), ...(model.curves.x === 'epoch' ? ['epoch'] : [])]
  const each = (needOf: (attempt: Attempt, metric: string) => Need) =>
    metrics.flatMap((metric) => attempts.map((attempt) => needOf(attempt, metric)))
  return [namesNeed(attempts), ...each(sketchNeed), ...each(curveNeed)]
}

/** The chart of each metric; curves that are still being read are left out. All charts show the same part of the axis. */
export function curveCharts(model: Model, metrics: readonly string[]): LineChart[] {
  const all = metrics.map((metric) => seriesOf(model, metric))
  const { x, log, window, crosshair } = model.curves
  const ends = all.flat().flatMap(({ points: { xs } }) => (xs.length === 0 ? [] : [xs[0]!, xs.at(-1)!]))
  const first = x === 'step' && ends.length > 0 ? Math.min(...ends) : 0
  const length = Math.max(first, ...ends) - first
  const [from, to] = [first + window.from * length, first + window.to * length]
  return metrics.map((metric, i) => ({
    title: metric,
    series: all[i]!,
    from,
    to,
    xName: x,
    xUnit: xUnits[x],
    yUnit: unitOf(metric),
    log,
    crosshair: crosshair === undefined ? undefined : rounded(from + crosshair * (to - from), model),
  }))
}

/** Steps are whole. */
function rounded(x: number, { curves }: Model): number {
  return curves.x === 'step' ? Math.round(x) : x
}

function seriesOf(model: Model, metric: string): ChartSeries[] {
  return comparedAttempts(model).flatMap((attempt, look) => {
    const curve = answerTo(model, curveNeed(attempt, metric)) ?? answerTo(model, sketchNeed(attempt, metric))
    if (curve === undefined || curve.steps.length === 0) return []
    const epochs = model.curves.x === 'epoch' ? answerTo(model, curveNeed(attempt, 'epoch')) : undefined
    const points = drawnCurve(curve, epochs, attempt.run.started ?? curve.at[0]!, model.curves)
    return points === undefined ? [] : [{ look, points }]
  })
}

/** The curves of a metric that are read whole, by the name of their attempt. */
export function wholeCurves(model: Model, metric: string): { readonly name: string; readonly curve: Series }[] {
  const attempts = comparedAttempts(model)
  const names = namesOf(attempts)
  return attempts.flatMap((attempt, i) => {
    const curve = answerTo(model, curveNeed(attempt, metric))
    return curve === undefined ? [] : [{ name: names[i]!, curve }]
  })
}

/** How many of the curves have not yet come. */
export function curvesMissing(model: Model, metrics: readonly string[]): number {
  const attempts = comparedAttempts(model)
  const missing = (metric: string) => attempts.filter((attempt) => answerTo(model, curveNeed(attempt, metric)) === undefined)
  return metrics.flatMap(missing).length
}
