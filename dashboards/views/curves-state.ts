// What the curves remember: which metrics, over what, how smooth, which part, where the crosshair is.
import type { XAxis } from '../data/curves.ts'

export interface CurvesState {
  /** In the order in which they were chosen; undefined: the view chooses what fits. */
  readonly metrics: readonly string[] | undefined
  readonly x: XAxis
  readonly log: boolean
  /** Weight of the past, one of `smoothings`. */
  readonly smoothing: number
  /** The part of the x axis that is seen, in shares of all of it. */
  readonly window: { readonly from: number; readonly to: number }
  /** Where in the window, as a share of it; undefined: there is none. */
  readonly crosshair: number | undefined
  /** The line with the cursor while metrics are being chosen. */
  readonly choosing: number | undefined
}

export const smoothings = [0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99]

export const curvesState: CurvesState = {
  metrics: undefined,
  x: 'step',
  log: false,
  smoothing: 0,
  window: { from: 0, to: 1 },
  crosshair: undefined,
  choosing: undefined,
}

const narrowest = 1e-4

/** The window `factor` times as wide (below 1: zoomed in) around the crosshair, or around its middle; the crosshair keeps its place. */
export function zoomed(state: CurvesState, factor: number): CurvesState {
  const { from, to } = state.window
  const anchor = state.crosshair ?? 0.5
  const width = Math.max(narrowest, Math.min(1, (to - from) * factor))
  const start = Math.max(0, Math.min(1 - width, from + anchor * (to - from - width)))
  const crosshair = state.crosshair === undefined ? undefined : (from + anchor * (to - from) - start) / width
  return { ...state, window: { from: start, to: start + width }, crosshair }
}

/** The window moved by a share of its width, as far as there is something. */
export function panned(state: CurvesState, share: number): CurvesState {
  const { from, to } = state.window
  const start = Math.max(0, Math.min(1 - (to - from), from + share * (to - from)))
  return { ...state, window: { from: start, to: start + (to - from) } }
}

/** The crosshair moved by a share of the window; at an edge the window moves. */
export function crossed(state: CurvesState, share: number): CurvesState {
  const wanted = (state.crosshair ?? 0.5) + share
  const kept = Math.max(0, Math.min(1, wanted))
  return panned({ ...state, crosshair: kept }, wanted - kept)
}
