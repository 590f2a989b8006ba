// How much of a score is luck of the images: percentile bootstrap over images (Efron 1979), and the paired one between two programs, which
// draws the same images for both. Per-image CIDEr keeps the document frequencies of the whole set: only the mean is resampled.
import { random } from '../base/random.ts'
import { mean } from './caption-sets.ts'

export interface BootstrapOptions {
  readonly seed: number
  /** How many sets of images are drawn; 2000 by default. */
  readonly resamples?: number
  /** Share of the resampled means inside the interval; 0.95 by default. */
  readonly level?: number
}

export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

export interface PairedComparison {
  /** Mean of ours minus theirs, with its interval: luck does not explain it where the interval lies on one side of 0. */
  readonly difference: Interval
  /** Share of resamples in which ours is ahead; ties count half. */
  readonly ahead: number
  /** Shares of images; they add up to 1. */
  readonly won: number
  readonly tied: number
  readonly lost: number
  /** All images by the size of their difference, largest first. */
  readonly images: readonly { readonly image: string; readonly ours: number; readonly theirs: number }[]
}

/** The mean of per-image scores and the interval in which it would move with other images of the same kind. */
export function bootstrapMean(scores: readonly number[], options: BootstrapOptions): Interval {
  return interval(mean(scores), resampledMeans(scores, options), options.level ?? 0.95)
}

/** Compares two programs on the same images; throws unless both were scored on the same ones. */
export function pairedBootstrap(
  ours: Readonly<Record<string, number>>,
  theirs: Readonly<Record<string, number>>,
  options: BootstrapOptions,
): PairedComparison {
  const images = Object.keys(ours).map((image) => {
    const other = theirs[image]
    if (other === undefined) throw new Error(`bootstrap: ${image} was scored for one program alone`)
    return { image, ours: ours[image]!, theirs: other }
  })
  if (Object.keys(theirs).length !== images.length) throw new Error('bootstrap: the programs were scored on different images')
  const differences = images.map((scores) => scores.ours - scores.theirs)
  const means = resampledMeans(differences, options)
  const share = (values: ArrayLike<number>, test: (value: number) => boolean) =>
    Array.from(values).filter(test).length / values.length
  return {
    difference: interval(mean(differences), means, options.level ?? 0.95),
    ahead: share(means, (value) => value > 0) + share(means, (value) => value === 0) / 2,
    won: share(differences, (value) => value > 0),
    tied: share(differences, (value) => value === 0),
    lost: share(differences, (value) => value < 0),
    images: [...images].sort((a, b) => Math.abs(b.ours - b.theirs) - Math.abs(a.ours - a.theirs)),
  }
}

function resampledMeans(scores: readonly number[], { seed, resamples = 2000 }: BootstrapOptions): Float64Array {
  if (scores.length === 0) throw new Error('bootstrap: no scores')
  const images = random(seed, 'bootstrap')
  return Float64Array.from({ length: resamples }, () => {
    let sum = 0
    for (let i = 0; i < scores.length; i++) sum += scores[images.below(scores.length)]!
    return sum / scores.length
  }).sort()
}

function interval(estimate: number, sorted: Float64Array, level: number): Interval {
  const tail = (1 - level) / 2
  return { mean: estimate, low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) }
}

/** Linear between neighbours, as numpy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)]!
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at))
}
