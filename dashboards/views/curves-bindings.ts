// What can be done with the curves.
import type { Binding } from '../bindings.ts'
import { xAxes } from '../data/curves.ts'
import { step, type Model, type Size, type Step } from '../model.ts'
import { gridFor, knownMetrics, shownMetrics } from './curves-charts.ts'
import { crossed, panned, smoothings, zoomed, curvesState, type CurvesState } from './curves-state.ts'

const scope = 'curves'

export const curvesBindings: readonly Binding[] = [
  { keys: ['m'], scope, about: 'choose metrics', short: 'metrics', press: change((state) => ({ ...state, choosing: state.choosing === undefined ? 0 : undefined })) },
  { keys: ['x'], scope, about: 'x axis: step, epoch, time', short: 'x axis', press: change(nextAxis) },
  { keys: ['y'], scope, about: 'logarithmic or not', short: 'log', press: change((state) => ({ ...state, log: !state.log })) },
  { keys: ['.'], scope, about: 'smoother', short: 'smooth', press: change((state) => smoother(state, 1)) },
  { keys: [','], scope, about: 'less smooth', press: change((state) => smoother(state, -1)) },
  { keys: ['+', '='], scope, about: 'zoom in, around the crosshair if there is one', short: 'zoom', press: change((state) => zoomed(state, 0.5)) },
  { keys: ['_', '-'], scope, about: 'zoom out', press: change((state) => zoomed(state, 2)) },
  { keys: ['0'], scope, about: 'the whole axis again', press: change((state) => ({ ...state, window: curvesState.window })) },
  { keys: ['c'], scope, about: 'crosshair: all values at one place', short: 'crosshair', press: change(toggledCrosshair) },
  { keys: ['left', 'h'], scope, about: 'crosshair or window to the left', press: sideways(-1) },
  { keys: ['right', 'l'], scope, about: 'crosshair or window to the right', press: sideways(1) },
  { keys: ['up', 'k'], scope, about: 'metric above, while choosing', press: choose(-1) },
  { keys: ['down', 'j'], scope, about: 'metric below, while choosing', press: choose(1) },
  { keys: ['space'], scope, about: 'draw this metric or leave it out, while choosing', press: toggled },
  { keys: ['enter'], scope, about: 'back to the curves, while choosing', press: change((state) => ({ ...state, choosing: undefined })) },
] // prettier-ignore

function change(next: (state: CurvesState) => CurvesState): (model: Model) => Step {
  return (model) => step({ ...model, curves: next(model.curves) })
}

function nextAxis(state: CurvesState): CurvesState {
  return { ...state, x: xAxes[(xAxes.indexOf(state.x) + 1) % xAxes.length]! }
}

function smoother(state: CurvesState, by: number): CurvesState {
  const at = Math.max(0, Math.min(smoothings.length - 1, smoothings.indexOf(state.smoothing) + by))
  return { ...state, smoothing: smoothings[at]! }
}

function toggledCrosshair(state: CurvesState): CurvesState {
  return { ...state, crosshair: state.crosshair === undefined ? 0.5 : undefined }
}

/** The crosshair by about one character; without one the window by a quarter. */
function sideways(by: number): (model: Model, size: Size) => Step {
  return (model, size) => {
    const { across } = gridFor(size, shownMetrics(model, size).length)
    const characters = Math.max(10, size.columns / across - 7)
    return change((state) => (state.crosshair === undefined ? panned(state, by / 4) : crossed(state, by / characters)))(model)
  }
}

function choose(by: number): (model: Model) => Step {
  return (model) => {
    const { choosing } = model.curves
    if (choosing === undefined) return step(model)
    const last = (knownMetrics(model)?.length ?? 1) - 1
    return step({ ...model, curves: { ...model.curves, choosing: Math.max(0, Math.min(last, choosing + by)) } })
  }
}

/** The metric at the cursor is drawn after the others, or no longer. */
function toggled(model: Model, size: Size): Step {
  const name = knownMetrics(model)?.[model.curves.choosing ?? -1]
  if (name === undefined) return step(model)
  const shown = shownMetrics(model, size)
  const metrics = shown.includes(name) ? shown.filter((other) => other !== name) : [...shown, name]
  return step({ ...model, curves: { ...model.curves, metrics: metrics.length === 0 ? undefined : metrics } })
}
