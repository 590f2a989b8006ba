// Every score of a set of captions as one list: what tables, intervals, comparisons and files walk through.
import { corpusBleu } from '../metrics/bleu.ts'
import {
  bootstrap,
  meanOver,
  pairedBootstrap,
  type BootstrapOptions,
  type Interval,
  type PairedComparison,
  type Statistic,
} from '../metrics/bootstrap.ts'
import type { Scores } from '../metrics/caption-sets.ts'
import { metricChoices, type MetricChoice } from './metric-choices.ts'
import type { CaptionScores, TextScores } from './score.ts'

export type { Interval, PairedComparison }

/** One score: of all images, of each image, and of any other set of them. */
export interface Measure {
  /** As in JSON and CSV: `bleu4`. */
  readonly key: string
  /** As in tables: `BLEU-4`. */
  readonly title: string
  readonly choice: MetricChoice
  readonly score: number
  readonly perImage: Readonly<Record<string, number>>
  /** By the images' positions in `perImage`. */
  readonly of: Statistic
}

/** The measures that `scores` holds, of the chosen metrics, in the order in which tables show them. */
export function measuresOf(
  scores: TextScores & Partial<CaptionScores>,
  chosen: readonly MetricChoice[] = metricChoices,
): Measure[] {
  const { cider, rougeL, clipscore, refClipscore } = scores
  const all = [
    mean('cider', 'CIDEr', 'cider', cider),
    ...[0, 1, 2, 3].map((n) => bleuMeasure(scores, n)),
    mean('rougeL', 'ROUGE-L', 'rouge', rougeL),
    ...(clipscore ? [mean('clipscore', 'CLIPScore', 'clip', clipscore)] : []),
    ...(refClipscore ? [mean('refclipscore', 'RefCLIPScore', 'clip', refClipscore)] : []),
  ]
  return all.filter(({ choice }) => chosen.includes(choice))
}

function mean(key: string, title: string, choice: MetricChoice, { score, perImage }: Scores): Measure {
  return { key, title, choice, score, perImage, of: meanOver(Object.values(perImage)) }
}

function bleuMeasure({ bleu: { score, perImage, matches } }: TextScores, n: number): Measure {
  return {
    key: `bleu${n + 1}`,
    title: `BLEU-${n + 1}`,
    choice: 'bleu',
    score: score[n]!,
    perImage: Object.fromEntries(Object.entries(perImage).map(([image, its]) => [image, its[n]!])),
    of: (images) => corpusBleu(matches, images)[n]!,
  }
}

/** The interval in which the measure would move with other images of the same kind. */
export function intervalOf({ perImage, of }: Measure, options: BootstrapOptions): Interval {
  return bootstrap(Object.keys(perImage).length, of, options)
}

/** Ours against theirs on the same images; of BLEU the corpus scores are compared, and the images won are counted by their own scores. */
export function comparisonOf(ours: Measure, theirs: Measure, options: BootstrapOptions): PairedComparison {
  return pairedBootstrap(ours.perImage, theirs.perImage, {
    ...options,
    difference: (images) => ours.of(images) - theirs.of(images),
  })
}
