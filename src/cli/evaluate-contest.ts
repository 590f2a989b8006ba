// What `captune evaluate` was asked, and what it compares.
import type { Ground } from '../recipes/evaluate.ts'
import type { ClipVariant, ScorePrecision } from '../recipes/judge.ts'
import type { MetricChoice } from '../recipes/metric-choices.ts'
import type { Predictions } from '../recipes/predictions.ts'

export interface EvaluateOptions {
  readonly split: string
  readonly shuffled?: boolean
  readonly pred?: string
  readonly annotations?: string
  readonly images?: string
  readonly classes?: string
  readonly against?: string
  readonly differences: number
  readonly metrics?: readonly MetricChoice[]
  readonly df?: string
  readonly originalCider?: boolean
  readonly clip?: string
  readonly clipVocabulary?: string
  readonly clipVariant: ClipVariant
  readonly precision: ScorePrecision
  readonly perImage?: string
  readonly seed: number
  readonly resamples: number
  readonly json?: boolean
  readonly pred_file?: string
  readonly annotation_file?: string
  readonly images_root?: string
}

/** Sets of captions for the same images; the first is the one that was asked about. */
export interface Contest {
  /** The run whose captions the first are. */
  readonly run?: string
  readonly ground: Ground
  readonly sets: readonly { readonly name: string; readonly predictions: Predictions }[]
  readonly metrics: readonly MetricChoice[]
}
