// Scores of a contest on stdout, as text or JSON, and in a file image by image.
import { writeAtomically } from '../base/files.ts'
import { courseVerdicts } from '../recipes/course-baselines.ts'
import { comparisonOf, intervalOf, measuresOf, type Measure } from '../recipes/measures.ts'
import type { CaptionScores, TextScores } from '../recipes/score.ts'
import { csv } from '../tables/csv.ts'
import { thousands } from '../tables/format.ts'
import type { Contest, EvaluateOptions } from './evaluate-contest.ts'
import {
  baselineText,
  comparisonTable,
  differencesText,
  scoreLine,
  scoresTable,
  setsTable,
  type ComparedScore,
  type ShownScore,
} from './score-report.ts'

type SetScores = TextScores & Partial<CaptionScores>

/** Prints the scores of all sets; `scores` in the order of the contest's sets. */
export async function printScores(contest: Contest, scores: readonly SetScores[], options: EvaluateOptions): Promise<void> {
  const measures = scores.map((its) => measuresOf(its, contest.metrics).map((measure) => titled(measure, options)))
  if (options.perImage !== undefined) writeAtomically(options.perImage, perImageCsv(contest, measures))
  const sets = contest.sets.map(({ name }, i) => ({ name, scores: measures[i]!.map((measure) => shown(measure, options)) }))
  const compared = options.against === undefined ? [] : comparedScores(measures[0]!, measures[1]!, options)
  const verdicts = await courseVerdicts(contest.ground, scores[0]!, options.clipVariant)
  if (options.json === true) return console.log(JSON.stringify({ ...facts(contest, options), rows: sets.map(jsonRow), ...jsonComparison(compared, options), baselines: verdicts }, null, 2)) // prettier-ignore
  console.log(scoreLine(sets[0]!.scores))
  if (compared.length > 0) printComparison(contest, compared, options)
  else console.log(`\n${sets.length > 1 ? setsTable(sets) : scoresTable(sets[0]!.scores)}`)
  console.log(`\n${[...notes(contest, options), ...verdicts.map(baselineText)].join('\n')}`)
}

function titled(measure: Measure, { originalCider, df }: EvaluateOptions): Measure {
  if (measure.key !== 'cider' || (originalCider !== true && df === undefined)) return measure
  const kind = [...(originalCider === true ? ['original'] : []), ...(df === undefined ? [] : ['other df'])]
  return { ...measure, title: `CIDEr (${kind.join(', ')})` }
}

function shown(measure: Measure, { seed, resamples }: EvaluateOptions): ShownScore {
  return { key: measure.key, title: measure.title, interval: intervalOf(measure, { seed, resamples }) }
}

function comparedScores(ours: readonly Measure[], theirs: readonly Measure[], options: EvaluateOptions): ComparedScore[] {
  const { seed, resamples } = options
  return ours.map((measure, i) => {
    const comparison = comparisonOf(measure, theirs[i]!, { seed, resamples })
    return { ...shown(measure, options), theirs: theirs[i]!.score, comparison }
  })
}

function printComparison({ sets: [ours, theirs] }: Contest, compared: readonly ComparedScore[], options: EvaluateOptions): void {
  console.log(`\nA  ${ours!.name}\nB  ${theirs!.name}\n\n${comparisonTable(compared)}`)
  const captions = { ours: ours!.predictions.captions, theirs: theirs!.predictions.captions }
  const differences = differencesText(compared[0]!, captions, options.differences)
  if (differences !== '') console.log(`\n${differences}`)
}

/** What was scored and how, in sentences. */
function notes({ ground: { split, clip }, metrics }: Contest, options: EvaluateOptions): string[] {
  const { seed, resamples, clipVariant: variant, precision } = options
  const captions = Object.values(split.references).flat().length
  const rounding = precision === 'fp16' ? ', rounded to halves' : ''
  const how =
    variant === 'paper' ? 'the paper\'s variant ("A photo depicts" before every text)' : "the course's variant (no prompt)"
  return [
    `${thousands(split.images.length)} images, ${thousands(captions)} human captions; intervals from ${thousands(resamples)} bootstrap sets of images (seed ${seed}).`,
    ...(metrics.includes('clip') && clip ? [`CLIPScore: ${how}${rounding}, judged by ${clip.weights}.`] : []),
    ...(options.against === undefined ? [] : ['"open": the interval holds 0, so the difference may be luck.']),
    ...(options.df === undefined ? [] : [`CIDEr: document frequencies of ${options.df}.`]),
  ]
}

function facts(
  { run, ground: { split, clip, annotations } }: Contest,
  { clipVariant, precision, seed, resamples }: EvaluateOptions,
) {
  return {
    ...(run === undefined ? {} : { run }),
    annotations,
    images: split.images.length,
    ...(clip === undefined ? {} : { clip: { ...clip, variant: clipVariant, precision } }),
    bootstrap: { seed, resamples, level: 0.95 },
  }
}

function jsonRow({ name, scores }: { name: string; scores: readonly ShownScore[] }) {
  const intervals = Object.fromEntries(scores.map(({ key, interval: { low, high } }) => [key, [low, high]]))
  return { captions: name, ...Object.fromEntries(scores.map(({ key, interval }) => [key, interval.mean])), intervals }
}

function jsonComparison(compared: readonly ComparedScore[], { differences }: EvaluateOptions) {
  if (compared.length === 0) return {}
  const comparison = compared.map(({ key, comparison: { images, ...rest } }) => [
    key,
    { ...rest, images: images.slice(0, differences) },
  ])
  return { comparison: Object.fromEntries(comparison) as Record<string, unknown> }
}

/** `image,caption,cider,...` of the first set, and with --against the same columns of the other. */
function perImageCsv({ sets }: Contest, measures: readonly (readonly Measure[])[]): string {
  const shownSets = sets.slice(0, 2).map(({ predictions }, i) => ({ captions: predictions.captions, measures: measures[i]!, prefix: i === 0 ? '' : 'other_' })) // prettier-ignore
  const columns = shownSets.flatMap(({ measures: its, prefix }) => ['caption', ...its.map(({ key }) => key)].map((title) => ({ title: prefix + title }))) // prettier-ignore
  const rows = sets[0]!.predictions.order.map((image) => [
    image,
    ...shownSets.flatMap(({ captions, measures: its }) => [
      captions[image]!,
      ...its.map(({ perImage }) => String(perImage[image])),
    ]),
  ])
  return csv({ columns: [{ title: 'image' }, ...columns], rows: rows.map((row) => row.map((text) => ({ text }))) })
}
