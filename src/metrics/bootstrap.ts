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

/** A number that a set of images has, by their positions; a resampled set names some more than once. */
export type Statistic = (images: Int32Array) => number

export interface Interval {
  /** Of the images themselves; of a corpus score (BLEU) that score. */
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

/** A statistic of `count` images and the interval in which it would move with other images of the same kind. */
export function bootstrap(count: number, statistic: Statistic, options: BootstrapOptions): Interval {
  const estimate = statistic(Int32Array.from({ length: count }, (_, i) => i))
  return interval(estimate, resampled(count, statistic, options), options.level ?? 0.95)
}

/** `bootstrap` of the mean of per-image scores. */
export function bootstrapMean(scores: readonly number[], options: BootstrapOptions): Interval {
  return interval(mean(scores), resampled(scores.length, meanOver(scores), options), options.level ?? 0.95)
}

/** The mean of the scores at the given positions. */
export function meanOver(scores: readonly number[]): Statistic {
  return (images) => {
    let sum = 0
    for (const image of images) sum += scores[image]!
    return sum / images.length
  }
}

export interface PairedOptions extends BootstrapOptions {
  /** Ours minus theirs on a set of images, in the order of `ours`; by default of the means. */
  readonly difference?: Statistic
}

/** Compares two programs on the same images; throws unless both were scored on the same ones. */
export function pairedBootstrap(
  ours: Readonly<Record<string, number>>,
  theirs: Readonly<Record<string, number>>,
  { difference, ...options }: PairedOptions,
): PairedComparison {
  const images = Object.keys(ours).map((image) => {
    const other = theirs[image]
    if (other === undefined) throw new Error(`bootstrap: ${image} was scored for one program alone`)
    return { image, ours: ours[image]!, theirs: other }
  })
  if (Object.keys(theirs).length !== images.length) throw new Error('bootstrap: the programs were scored on different images')
  const differences = images.map((scores) => scores.ours - scores.theirs)
  const statistic = difference ?? meanOver(differences)
  const level = options.level ?? 0.95
  const drawn = resampled(images.length, statistic, options)
  const share = (values: ArrayLike<number>, test: (value: number) => boolean) =>
    Array.from(values).filter(test).length / values.length
  return {
    difference: interval(statistic(Int32Array.from(images.keys())), drawn, level),
    ahead: share(drawn, (value) => value > 0) + share(drawn, (value) => value === 0) / 2,
    won: share(differences, (value) => value > 0),
    tied: share(differences, (value) => value === 0),
    lost: share(differences, (value) => value < 0),
    images: [...images].sort((a, b) => Math.abs(b.ours - b.theirs) - Math.abs(a.ours - a.theirs)),
  }
}

/** The statistic of each resampled set, sorted. Equal seeds and counts draw equal sets, so that intervals of several scores belong together. */
function resampled(count: number, statistic: Statistic, { seed, resamples = 2000 }: BootstrapOptions): Float64Array {
  if (count === 0) throw new Error('bootstrap: no scores')
  const numbers = random(seed, 'bootstrap')
  const drawn = new Int32Array(count)
  return Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < count; i++) drawn[i] = numbers.below(count)
    return statistic(drawn)
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
