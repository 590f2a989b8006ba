// `captune evaluate`: a line like the course's evaluator prints, or a table of what shuffling costs.
import { resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import {
  constantCaptions,
  evaluateFile,
  readRunPredictions,
  scoreAll,
  shuffled,
  type RunPredictions,
} from '../recipes/evaluate.ts'
import { databasePath, runFolder } from '../recipes/places.ts'
import type { CaptionScores, TextScores } from '../recipes/score.ts'
import { openReader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { progressBoard } from './progress-board.ts'
import { shownTable } from './show-table.ts'

export interface EvaluateOptions {
  readonly split: string
  readonly shuffled?: boolean
  readonly seed: number
  readonly pred?: string
  readonly annotations?: string
  readonly images?: string
  readonly clip?: string
  readonly clipVocabulary?: string
  readonly json?: boolean
}

export async function evaluate(run: string | undefined, options: EvaluateOptions): Promise<void> {
  const board = progressBoard()
  try {
    if (run !== undefined) await evaluateRun(run, options, board.reporter(''))
    else await evaluateForeign(options, board.reporter(''))
  } finally {
    board.close()
  }
}

async function evaluateRun(text: string, options: EvaluateOptions, report: Parameters<typeof evaluateFile>[1]): Promise<void> {
  const reader = openReader(databasePath())
  const { id } = resolveRun(reader, text)
  reader.close()
  const own = readRunPredictions(runFolder(id), options.split)
  const sets = setsOf(own, options)
  const scores = await scoreAll(
    sets.map(({ captions }) => captions),
    own.split,
    own.clip,
    report,
  )
  const rows = sets.map(({ name }, i) => ({ captions: name, ...numbers(scores[i]!) }))
  if (options.json === true) console.log(JSON.stringify({ run: id, images: own.split.images.length, rows }, null, 2))
  else if (rows.length === 1) console.log(line(scores[0]!))
  else console.log(`${id}, ${own.split.images.length} images of ${options.split}\n${table(rows)}`)
}

function setsOf({ captions, split, training }: RunPredictions, { shuffled: shuffle, seed }: EvaluateOptions) {
  if (shuffle !== true) return [{ name: 'its own image', captions }]
  const constant = constantCaptions(split, training)
  return [
    { name: 'its own image', captions },
    { name: 'another image (shuffled)', captions: shuffled(captions, seed) },
    { name: `one caption for all: "${Object.values(constant)[0] ?? ''}"`, captions: constant },
  ]
}

async function evaluateForeign(options: EvaluateOptions, report: Parameters<typeof evaluateFile>[1]): Promise<void> {
  const { pred, annotations, images, clip, clipVocabulary } = options
  if (pred === undefined || annotations === undefined)
    throw new UserError('evaluate: nothing to score; a RUN, or --pred and --annotations, are needed.')
  if (images !== undefined && (clip === undefined || clipVocabulary === undefined))
    throw new UserError(
      'evaluate: --images is for CLIPScore; --clip and --clip-vocabulary, the judging CLIP, are needed with it.',
    )
  const judge =
    clip === undefined || clipVocabulary === undefined
      ? undefined
      : { weights: resolve(clip), vocabulary: resolve(clipVocabulary) }
  const scores = await evaluateFile({ predictions: pred, annotations, images, clip: judge }, report)
  console.log(options.json === true ? JSON.stringify(numbers(scores), null, 2) : line(scores))
}

function numbers(scores: TextScores & Partial<CaptionScores>) {
  const { cider, clipscore, bleu4, rougeL } = scores
  return { cider: cider.score, ...(clipscore ? { clipscore: clipscore.score } : {}), bleu4, rougeL }
}

function line(scores: TextScores & Partial<CaptionScores>): string {
  const clip = scores.clipscore === undefined ? '' : ` | CLIPScore: ${scores.clipscore.score}`
  return `CIDEr: ${scores.cider.score}${clip}`
}

function table(rows: readonly { captions: string; cider: number; clipscore?: number }[]): string {
  const columns = [
    { title: 'captions scored against' },
    { title: 'CIDEr', align: 'right' as const },
    { title: 'CLIPScore', align: 'right' as const },
  ]
  return shownTable({
    columns,
    rows: rows.map((row) => [row.captions, row.cider.toFixed(3), row.clipscore?.toFixed(3) ?? ''].map((text) => ({ text }))),
  })
}
