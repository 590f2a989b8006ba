// From the points of a metric to what a chart draws: over steps, epochs or time, smoothed, logarithmic. Each is computed once for a curve
// and kept as long as the curve is.
import type { Reader, Series } from '../../src/tracking/reader.ts'
import { pyramid, type Pyramid } from '../charts/pyramid.ts'
import type { Unit } from '../charts/ticks.ts'

export const xAxes = ['step', 'epoch', 'time'] as const
export type XAxis = (typeof xAxes)[number]

export const xUnits: Readonly<Record<XAxis, Unit>> = { step: 'count', epoch: 'number', time: 'seconds' }

export interface CurveOptions {
  readonly x: XAxis
  /** Weight of the past in the moving average, 0 (not smoothed) up to below 1. */
  readonly smoothing: number
  readonly log: boolean
}

/** The metrics that any of the runs has, by name. */
export function metricNames(reader: Reader, runs: readonly string[]): string[] {
  return [...new Set(runs.flatMap((run) => [...reader.summaries(run).keys()]))].sort()
}

/** Different when the curve has other points. */
export function curveStamp(reader: Reader, run: string, metric: string): string {
  const { points, last, last_step } = reader.summaries(run).get(metric) ?? {}
  return `${points}/${last}/${last_step}/${reader.segments(run).length}`
}

const long = 5000 // points that are read in a few milliseconds
const sketched = 400

/** Some points of a long curve, to be drawn until all are read; none of a short one. */
export function sketchOf(reader: Reader, run: string, metric: string): Series {
  const { points = 0 } = reader.summaries(run).get(metric) ?? {}
  return reader.sketch(run, metric, points > long ? sketched : 0)
}

/** What numbers of a metric are. */
export function unitOf(metric: string): Unit {
  return metric.endsWith('bytes') ? 'bytes' : metric.endsWith('seconds') ? 'seconds' : 'number'
}

/**
 * The curve as the chart draws it; undefined over epochs where the run told no epochs. `epochs` are the points of the metric `epoch`,
 * `started` is when the run began, in milliseconds since 1970.
 */
export function drawnCurve(
  curve: Series,
  epochs: Series | undefined,
  started: number,
  options: CurveOptions,
): Pyramid | undefined {
  if (options.x === 'epoch' && (epochs === undefined || epochs.steps.length === 0)) return undefined
  const known = drawn.get(curve) ?? new Map<string, Pyramid>()
  drawn.set(curve, known)
  const { x, smoothing, log } = options
  const key = [x, smoothing, log, started, x === 'epoch' ? epochs?.steps.at(-1) : ''].join()
  let found = known.get(key)
  if (found === undefined) {
    found = pyramid(alongAxis(curve, epochs, started, x), heights(curve.values, smoothing, log))
    if (known.size >= mostKept) known.delete(known.keys().next().value!)
    known.set(key, found)
  }
  return found
}

const drawn = new WeakMap<Series, Map<string, Pyramid>>()
const mostKept = 4 // going back and forth between two settings is free

function alongAxis({ steps, at }: Series, epochs: Series | undefined, started: number, x: XAxis): Float64Array {
  if (x === 'step') return steps
  return x === 'time' ? secondsSince(started, at) : epochsAt(steps, epochs!)
}

/** Never back: a clock that was set back makes a pause. */
function secondsSince(started: number, at: Float64Array): Float64Array {
  let latest = 0
  return at.map((time) => (latest = Math.max(latest, (time - started) / 1000)))
}

/** Parts of epochs, linear from each epoch's end to the next; behind the last as fast as it was. */
export function epochsAt(steps: Float64Array, epochs: Pick<Series, 'steps' | 'values'>): Float64Array {
  const [ends, numbers] = [
    [0, ...epochs.steps],
    [0, ...epochs.values],
  ]
  let next = 1
  return steps.map((step) => {
    while (next < ends.length - 1 && step > ends[next]!) next++
    const [begin, length] = [ends[next - 1]!, ends[next]! - ends[next - 1]!]
    return length > 0 ? numbers[next - 1]! + ((step - begin) / length) * (numbers[next]! - numbers[next - 1]!) : numbers[next]!
  })
}

function heights(values: Float64Array, smoothing: number, log: boolean): Float64Array {
  const shown = smoothing > 0 ? smoothed(values, smoothing) : values
  return log ? shown.map((value) => (value > 0 ? Math.log10(value) : NaN)) : shown
}

/** The exponential moving average, divided by the weight it has gathered so that its beginning is no lower; what is not finite stays and does not count. */
export function smoothed(values: Float64Array, weight: number): Float64Array {
  let [average, missing] = [0, 1]
  return values.map((value) => {
    if (!Number.isFinite(value)) return value
    average = weight * average + (1 - weight) * value
    missing *= weight
    return average / (1 - missing)
  })
}
