// Whether attempts really differ: intervals of their scores over the validation images, and the paired bootstrap against the baseline.
// Computed from the per-image scores that the runs kept; the same seed and images give the same numbers everywhere.
import { bootstrapMean, pairedBootstrap, type Interval } from '../../src/metrics/bootstrap.ts'
import type { Reader, StoredSample } from '../../src/tracking/reader.ts'

export const verdictScores = ['cider', 'clipscore'] as const
export type VerdictScore = (typeof verdictScores)[number]

/** `open`: the interval of the difference holds 0, so luck explains it. */
export type Word = 'better' | 'worse' | 'open'

export interface Verdict {
  /** Of the score itself. */
  readonly interval: Interval
  /** Ours minus the baseline's; none for the baseline, and where other images were scored. */
  readonly difference?: Interval
  readonly word?: Word
}

/** By run, then by score. */
export type Verdicts = Readonly<Record<string, Partial<Record<VerdictScore, Verdict>>>>

const bootstrapSeed = 1

export type VerdictReader = (reader: Reader, runs: readonly string[], baseline: string | undefined) => Verdicts

/**
 * Gives the verdicts of runs against a baseline, where their captions and scores were kept. Remembers each pair as long as `scoresOf` says
 * the same of it: a bootstrap takes tens of milliseconds.
 */
export function verdictReader(scoresOf: (runs: readonly string[]) => string): VerdictReader {
  const known = new Map<string, Verdicts[string]>()
  return (reader, runs, baseline) => {
    const samples = remembering((run: string) => reader.samples(run, 'val'))
    const verdictsOfRun = (run: string): Verdicts[string] => {
      const pair = [run, ...(baseline === undefined ? [] : [baseline])]
      const key = JSON.stringify([pair, scoresOf(pair)])
      const verdicts = known.get(key) ?? verdictsAgainst(samples(run), run === baseline ? [] : samples(baseline ?? ''))
      known.set(key, verdicts)
      return verdicts
    }
    return Object.fromEntries(runs.map((run) => [run, verdictsOfRun(run)]))
  }
}

function remembering(read: (run: string) => StoredSample[]): (run: string) => StoredSample[] {
  const known = new Map<string, StoredSample[]>()
  return (run) => {
    const samples = known.get(run) ?? read(run)
    known.set(run, samples)
    return samples
  }
}

function verdictsAgainst(ours: readonly StoredSample[], theirs: readonly StoredSample[]): Verdicts[string] {
  return Object.fromEntries(
    verdictScores.flatMap((score) => {
      const scores = perImage(ours, score)
      return scores === undefined ? [] : [[score, verdict(scores, perImage(theirs, score))]]
    }),
  )
}

type PerImage = Readonly<Record<string, number>>

/** Undefined where some caption has no such score. */
function perImage(samples: readonly StoredSample[], score: VerdictScore): PerImage | undefined {
  const scores = samples.flatMap(({ image, [score]: value }) => (value === undefined ? [] : [[image, value] as const]))
  return samples.length > 0 && scores.length === samples.length ? Object.fromEntries(scores) : undefined
}

function verdict(ours: PerImage, theirs: PerImage | undefined): Verdict {
  const interval = bootstrapMean(Object.values(ours), { seed: bootstrapSeed })
  if (theirs === undefined || !haveSameImages(ours, theirs)) return { interval }
  const { difference } = pairedBootstrap(ours, theirs, { seed: bootstrapSeed })
  return { interval, difference, word: difference.low > 0 ? 'better' : difference.high < 0 ? 'worse' : 'open' }
}

function haveSameImages(ours: PerImage, theirs: PerImage): boolean {
  const images = Object.keys(ours)
  return images.length === Object.keys(theirs).length && images.every((image) => Object.hasOwn(theirs, image))
}
