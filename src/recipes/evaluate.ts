// Scores of predictions that are already written: a run's, or anybody's file.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import { loadRunConfig } from '../config/load.ts'
import type { RunConfig } from '../config/run-config.ts'
import { documentFrequency, type CiderOptions, type DocumentFrequency } from '../metrics/cider.ts'
import { bestConstantCaption } from '../metrics/constant-caption.ts'
import { derangement } from '../metrics/derangement.ts'
import { lineSeparator, ptbTokenize } from '../metrics/ptb-tokenizer.ts'
import { encodeImages } from './encode.ts'
import { readSource } from './external-source.ts'
import { openJudge, type JudgeOptions } from './judge.ts'
import { readPredictions, type Predictions } from './predictions.ts'
import { configFile, predictionsFile } from './run-folder.ts'
import { referenceTokens, scoreCaptions, scoreTexts, type CaptionScores, type TextScores } from './score.ts'
import { readSplit, scorable, splitOf, type Split } from './split.ts'
import { usualEngine, withEngine } from './with-engine.ts'

export type JudgeFiles = RunConfig['evaluate']['clip']

/** What captions are scored against. */
export interface Ground {
  /** The file of human captions. */
  readonly annotations: string
  readonly split: Split
  /** The CLIP that judges; without it there is no CLIPScore. */
  readonly clip?: JudgeFiles | undefined
}

/** A run's ground, and its training captions: where a constant caption may come from. */
export interface RunGround extends Ground {
  readonly training: () => readonly string[]
}

/** What the run in `folder` was scored against: its config's validation data, or for another program's predictions what was told of them. */
export function runGround(folder: string): RunGround {
  const source = readSource(folder)
  if (source !== undefined) {
    const { annotations, images, clip } = source
    const training = () => {
      throw new UserError(
        `${folder}: these are another program's predictions; without training captions there is no constant one.`,
      )
    }
    return { ...fileGround(annotations, images), clip, training }
  }
  const { config } = loadRunConfig(configFile(folder))
  return {
    annotations: join(fromRoot(config.data.root), 'p2_data', 'val.json'),
    split: scorable(readSplit(config.data.root, 'val')),
    clip: config.evaluate.clip,
    training: () => Object.values(readSplit(config.data.root, 'train').references).flat(),
  }
}

/** `predictions/<split>.json` of the run in `folder`, for the images of `ground`. UserError where it is missing or does not fit. */
export function readRunPredictions(folder: string, name: string, { split }: Ground): Predictions {
  if (name !== 'val') throw new UserError(`--split: "${name}" has no predictions; val is what runs caption.`)
  const path = predictionsFile(folder, name)
  if (!existsSync(path)) throw new UserError(`${path}: missing, for this run is not finished; train it to its end.`)
  return readPredictions(path, stemsOf(split))
}

/** The ground of a file of human captions, with or without the images. A caption with a line separator is warned of. */
export function fileGround(annotations: string, images: string | undefined): Ground {
  const split = scorable(splitOf(annotations, images))
  const shifting = Object.values(split.references)
    .flat()
    .filter((text) => lineSeparator.test(text.replaceAll('\n', ' '))).length
  const warning = `${annotations}: ${shifting} captions hold a line separator; the Java toolkit would shift every later caption by one.`
  return { annotations, split: shifting === 0 ? split : { ...split, warnings: [...split.warnings, warning] } }
}

const standardJudge = {
  weights: 'weights/clip/ViT-B-32.pt',
  vocabulary: 'weights/vocabulary/bpe_simple_vocab_16e6.txt.gz',
}

/** The judging CLIP's files: as given, by default the published ViT-B/32, which the course asks. UserError telling how to get what is missing. */
export function judgeFiles(given: Partial<JudgeFiles>): JudgeFiles {
  const files = { ...standardJudge, ...given }
  const missing = (['weights', 'vocabulary'] as const).find((what) => !existsSync(fromRoot(files[what])))
  if (missing === undefined) return files
  const [source, option] = missing === 'weights' ? ['clip ViT-B/32', '--clip'] : ['vocabulary', '--clip-vocabulary']
  throw new UserError(
    `${files[missing]}: the ${missing} of the CLIP that judges ${missing === 'weights' ? 'are' : 'is'} missing; \`captune get ${source}\` fetches the course's, ${option} names another.`,
  )
}

export interface ScoreOptions {
  readonly cider?: CiderOptions
  readonly judge?: Omit<JudgeOptions, 'report'>
}

/** Scores of several sets of captions for the same images; the judge is opened once. */
export async function scoreAll(
  sets: readonly Predictions[],
  { split, clip }: Ground,
  options: ScoreOptions,
  report: Report,
): Promise<(TextScores & Partial<CaptionScores>)[]> {
  if (clip === undefined) return sets.map((set) => scoreTexts(set, split.references, options.cider))
  return withEngine(usualEngine, async (engine) => {
    const request = { weights: clip.weights, kind: 'embedding', images: split.images, what: 'images for the judge' } as const
    const judge = await openJudge(engine, clip, await encodeImages(engine, request, { report }), { ...options.judge, report })
    const scores: CaptionScores[] = []
    for (const set of sets) scores.push(await scoreCaptions(set, split.references, judge, options.cider))
    await judge.dispose()
    return scores
  })
}

/** The same captions, each scored as if it were another image's: what is left is what does not depend on the image. */
export function shuffled({ captions, order, warnings }: Predictions, seed: number): Predictions {
  const stems = Object.keys(captions).sort()
  const other = derangement(stems.length, seed)
  return { captions: Object.fromEntries(stems.map((stem, i) => [stems[other[i]!]!, captions[stem]!])), order, warnings }
}

/** One training caption for every image: the one with the highest CIDEr. */
export function constantCaptions({ split, training }: RunGround): Predictions {
  const texts = training()
  const order = stemsOf(split)
  const candidates = ptbTokenize(texts)
  const { caption } = bestConstantCaption(candidates, referenceTokens(split.references, order))
  const text = texts[candidates.findIndex((tokens) => tokens.join(' ') === caption.join(' '))] ?? ''
  return { captions: Object.fromEntries(order.map((stem) => [stem, text])), order, warnings: [] }
}

/** In how many images of a file of human captions each n-gram occurs: CIDEr's document frequencies from a training set. */
export function frequenciesIn(annotations: string): DocumentFrequency {
  const { split } = fileGround(annotations, undefined)
  return documentFrequency(referenceTokens(split.references, Object.keys(split.references)))
}

export const stemsOf = ({ images }: Split): string[] => images.map(({ stem }) => stem)
