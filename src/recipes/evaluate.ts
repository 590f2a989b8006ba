// Scores of predictions that are already written: a run's, or anybody's file.
import { existsSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import type { Report } from '../base/progress.ts'
import { loadRunConfig } from '../config/load.ts'
import type { RunConfig } from '../config/run-config.ts'
import { bestConstantCaption } from '../metrics/constant-caption.ts'
import { derangement } from '../metrics/derangement.ts'
import { ptbTokenize } from '../metrics/ptb-tokenizer.ts'
import { encodeImages } from './encode.ts'
import { openJudge } from './judge.ts'
import { readPredictions } from './predictions.ts'
import { configFile, predictionsFile } from './run-folder.ts'
import { referenceTokens, scoreCaptions, scoreTexts, type CaptionScores, type TextScores } from './score.ts'
import { readSplit, scorable, splitOf, type Split } from './split.ts'
import { usualEngine, withEngine } from './with-engine.ts'

export type Captions = Readonly<Record<string, string>>

/** A run's written predictions with the split and the judge that its config names. */
export interface RunPredictions {
  readonly captions: Captions
  readonly split: Split
  readonly clip: RunConfig['evaluate']['clip']
  /** The training captions: where a constant caption may come from. */
  readonly training: readonly string[]
}

/** Reads `predictions/<split>.json` of the run in `folder` and what it is scored against. UserError where a file is missing. */
export function readRunPredictions(folder: string, name: string): RunPredictions {
  if (name !== 'val') throw new UserError(`--split: "${name}" has no predictions; val is what runs caption.`)
  const { config } = loadRunConfig(configFile(folder))
  const path = predictionsFile(folder, name)
  if (!existsSync(path)) throw new UserError(`${path}: missing, for this run is not finished; train it to its end.`)
  const split = scorable(readSplit(config.data.root, 'val'))
  const training = Object.values(readSplit(config.data.root, 'train').references).flat()
  return { captions: readPredictions(path, stemsOf(split)), split, clip: config.evaluate.clip, training }
}

/** Scores captions with CLIPScore by the given judge. */
export async function scoreWithJudge(
  captions: Captions,
  split: Split,
  clip: RunConfig['evaluate']['clip'],
  report: Report,
): Promise<CaptionScores> {
  const [scores] = await scoreAll([captions], split, clip, report)
  return scores!
}

/** The same captions, each scored as if it were another image's: what is left is what does not depend on the image. */
export function shuffled(captions: Captions, seed: number): Captions {
  const stems = Object.keys(captions).sort()
  const other = derangement(stems.length, seed)
  return Object.fromEntries(stems.map((stem, i) => [stems[other[i]!]!, captions[stem]!]))
}

/** One training caption for every image: the one with the highest CIDEr. */
export function constantCaptions(split: Split, training: readonly string[]): Captions {
  const candidates = ptbTokenize(training)
  const { caption } = bestConstantCaption(candidates, referenceTokens(split.references, stemsOf(split)))
  const text = training[candidates.findIndex((tokens) => tokens.join(' ') === caption.join(' '))] ?? ''
  return Object.fromEntries(stemsOf(split).map((stem) => [stem, text]))
}

/** Scores of several sets of captions for the same images; the judge is opened once. */
export async function scoreAll(
  sets: readonly Captions[],
  split: Split,
  clip: RunConfig['evaluate']['clip'],
  report: Report,
): Promise<CaptionScores[]> {
  return withEngine(usualEngine, async (engine) => {
    const request = { weights: clip.weights, kind: 'embedding', images: split.images, what: 'images for the judge' } as const
    const judge = await openJudge(engine, clip, await encodeImages(engine, request, { report }))
    const scores: CaptionScores[] = []
    for (const captions of sets) scores.push(await scoreCaptions(captions, split.references, judge))
    return scores
  })
}

export interface ForeignPredictions {
  readonly predictions: string
  readonly annotations: string
  readonly images?: string | undefined
  readonly clip?: RunConfig['evaluate']['clip'] | undefined
}

/** Scores a predictions file as the course's evaluator does; without images there is no CLIPScore. */
export async function evaluateFile(
  { predictions, annotations, images, clip }: ForeignPredictions,
  report: Report,
): Promise<TextScores & Partial<CaptionScores>> {
  const split = scorable(splitOf(annotations, images))
  const captions = readPredictions(predictions, stemsOf(split))
  if (images === undefined || clip === undefined) return scoreTexts(captions, split.references)
  return scoreWithJudge(captions, split, clip, report)
}

const stemsOf = ({ images }: Split): string[] => images.map(({ stem }) => stem)
