// `captune evaluate`: reads one or more sets of captions for the same images, scores them, and says how they compare.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { IncompleteError, messageOf, UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import {
  constantCaptions,
  fileGround,
  frequenciesIn,
  judgeFiles,
  readRunPredictions,
  runGround,
  scoreAll,
  shuffled,
  stemsOf,
  type Ground,
  type RunGround,
  type ScoreOptions,
} from '../recipes/evaluate.ts'
import type { ClipVariant } from '../recipes/judge.ts'
import { metricChoices } from '../recipes/metric-choices.ts'
import { databasePath, runFolder } from '../recipes/places.ts'
import { readPredictions, type Predictions } from '../recipes/predictions.ts'
import { labelFiles } from '../recipes/run-folder.ts'
import { recordAgain } from '../recipes/record-again.ts'
import type { CaptionScores, TextScores } from '../recipes/score.ts'
import { checkWeights } from '../recipes/weights.ts'
import { openReader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import type { Contest, EvaluateOptions } from './evaluate-contest.ts'
import { printLabels } from './evaluate-labels.ts'
import { printScores } from './print-scores.ts'
import { printWarnings, progressBoard } from './progress-board.ts'

export async function evaluate(run: string | undefined, given: EvaluateOptions): Promise<void> {
  const options = withOwnNames(given)
  requireOneSubject(run, options)
  if (options.pred?.toLowerCase().endsWith('.csv') === true) return printLabels(options.pred, options)
  const classified = run === undefined ? undefined : classification(run)
  if (classified !== undefined) return printLabels(classified.labels, { ...options, ...classified })
  const board = progressBoard()
  try {
    const contest = run === undefined ? fileContest(options) : runContest(run, options)
    printWarnings(board, [...contest.ground.split.warnings, ...contest.sets.flatMap(({ predictions }) => predictions.warnings)])
    const { clip } = contest.ground
    if (clip !== undefined) printWarnings(board, await checkWeights([{ path: clip.weights, role: 'clip' }]))
    const scores = await scored(contest, options, board.reporter(''))
    board.close()
    await printScores(contest, scores, options)
    if (contest.run !== undefined && isUsual(options)) await record(contest.run, scores[0]!)
    refuseTooLong(contest, scores[0]!, options.clipVariant)
  } finally {
    board.close()
  }
}

/** The course's option names are other names of ours. */
function withOwnNames(given: EvaluateOptions): EvaluateOptions {
  const { pred = given.pred_file, annotations = given.annotation_file, images = given.images_root } = given
  return { ...given, ...(pred && { pred }), ...(annotations && { annotations }), ...(images && { images }) }
}

function requireOneSubject(run: string | undefined, { pred, annotations, images }: EvaluateOptions): void {
  if (run === undefined && pred === undefined)
    throw new UserError('evaluate: nothing to score; a RUN, or --pred with --annotations, is needed.')
  if (run !== undefined && (pred ?? annotations ?? images) !== undefined)
    throw new UserError(
      'evaluate: a RUN has its own predictions, captions and images; --pred, --annotations and --images are for files without one.',
    )
}

/** The files of a run that labels images; undefined for one that captions them. */
function classification(text: string): { labels: string; images: string; classes: string } | undefined {
  const reader = openReader(databasePath())
  try {
    const { id, kind } = resolveRun(reader, text)
    if (kind !== 'classify') return undefined
    const root = fromRoot(join(String(reader.config(id)['data.root']), 'p1_data'))
    return { labels: labelFiles(runFolder(id), 'val').labels, images: join(root, 'val'), classes: join(root, 'id2label.json') }
  } finally {
    reader.close()
  }
}

function fileContest(options: EvaluateOptions): Contest {
  const { pred, annotations, images, against } = options
  if (pred === undefined || annotations === undefined)
    throw new UserError('evaluate: --annotations is missing; the human captions that predictions are scored against are needed.')
  const metrics = options.metrics ?? metricChoices.filter((choice) => choice !== 'clip' || images !== undefined)
  if (metrics.includes('clip') && images === undefined)
    throw new UserError('evaluate: CLIPScore compares captions with images; --images is needed.')
  const ground = {
    ...fileGround(annotations, images),
    clip: metrics.includes('clip') ? judgeFiles(clipFiles(options)) : undefined,
  }
  const own = { name: pred, predictions: readPredictions(pred, stemsOf(ground.split)) }
  const others = against === undefined ? [] : [{ name: against, predictions: readPredictions(against, stemsOf(ground.split)) }]
  return { ground, sets: [own, ...others, ...controls(own.predictions, options)], metrics }
}

function runContest(text: string, options: EvaluateOptions): Contest {
  const reader = openReader(databasePath())
  try {
    const { id, study, attempt } = resolveRun(reader, text)
    const its = runGround(runFolder(id))
    const metrics = options.metrics ?? metricChoices.filter((choice) => choice !== 'clip' || its.clip !== undefined)
    const clip = options.clip === undefined ? its.clip : judgeFiles(clipFiles(options))
    const ground = { ...its, clip: metrics.includes('clip') ? clip : undefined }
    const own = readRunPredictions(runFolder(id), options.split, ground)
    const others = options.against === undefined ? [] : [other(options.against, ground, options.split)]
    const name = options.shuffled === true ? 'its own image' : `${study}/${attempt} ${id}`
    return { run: id, ground, sets: [{ name, predictions: own }, ...others, ...controls(own, options, its)], metrics }
  } finally {
    reader.close()
  }

  function other(against: string, ground: Ground, split: string) {
    if (existsSync(against) && against.endsWith('.json'))
      return { name: against, predictions: readPredictions(against, stemsOf(ground.split)) }
    const { id, study, attempt, kind } = resolveRun(reader, against)
    if (kind === 'classify')
      throw new UserError(`--against "${against}": ${id} labels images; a run that captions them is needed.`)
    return { name: `${study}/${attempt} ${id}`, predictions: readRunPredictions(runFolder(id), split, ground) }
  }
}

/** What a score is worth without looking: the same captions for other images, and one caption for all. */
function controls(own: Predictions, { shuffled: shuffle, seed }: EvaluateOptions, ground?: RunGround): Contest['sets'] {
  if (shuffle !== true) return []
  const wrong = { name: 'another image (shuffled)', predictions: shuffled(own, seed) }
  if (ground === undefined) return [wrong]
  const constant = constantCaptions(ground)
  return [wrong, { name: `one caption for all: "${Object.values(constant.captions)[0] ?? ''}"`, predictions: constant }]
}

function clipFiles({ clip, clipVocabulary }: EvaluateOptions) {
  return { ...(clip && { weights: resolve(clip) }), ...(clipVocabulary && { vocabulary: resolve(clipVocabulary) }) }
}

function scored({ ground, sets }: Contest, options: EvaluateOptions, report: Report) {
  const cider: ScoreOptions['cider'] = {
    ...(options.originalCider === true ? { variant: 'cider' } : {}),
    ...(options.df === undefined ? {} : { documentFrequency: frequenciesIn(options.df) }),
  }
  const judge = { variant: options.clipVariant, precision: options.precision }
  return scoreAll(sets.map(({ predictions }) => predictions), ground, { cider, judge }, report) // prettier-ignore
}

/** Whether the scores are computed as those of a run are. */
function isUsual({ df, originalCider, clip, precision }: EvaluateOptions): boolean {
  return df === undefined && originalCider !== true && clip === undefined && precision === 'fp32'
}

/** A record that cannot be written is no reason to fail: the scores are printed. */
async function record(run: string, scores: TextScores & Partial<CaptionScores>): Promise<void> {
  const sentence = await recordAgain(run, scores).catch((error: unknown) => {
    if (error instanceof UserError) return `Not recorded: ${messageOf(error)}`
    throw error
  })
  if (sentence !== undefined) console.error(sentence)
}

function refuseTooLong({ sets }: Contest, { tooLong = [] }: Partial<CaptionScores>, variant: ClipVariant): void {
  if (tooLong.length === 0) return
  const named = tooLong.slice(0, 10).join(', ') + (tooLong.length > 10 ? ` and ${tooLong.length - 10} more` : '')
  const cut = `${sets[0]!.name}: longer than CLIP's context and cut for CLIPScore: ${named}`
  if (variant === 'paper') return console.error(`Warning: ${cut}.`)
  throw new IncompleteError(`${cut}; the course's evaluator stops at such a caption, so shorten it.`)
}
