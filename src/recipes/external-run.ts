// Predictions of any other program as a finished run: scored here, by the same code as everybody's, and kept with their references.
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot, readBytes, sha256, sha256OfFile, writeAtomically } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import { canonicalJson } from '../config/hash.ts'
import { loadRunConfig } from '../config/load.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { environmentFacts } from '../tracking/environment.ts'
import { openReader } from '../tracking/reader.ts'
import { openRunWriter } from '../tracking/writer.ts'
import { fileGround, judgeFiles, scoreAll, stemsOf, type JudgeFiles } from './evaluate.ts'
import { writeSource, type ExternalSource } from './external-source.ts'
import { dataFingerprint } from './identity.ts'
import { databasePath, hashesPath, runFolder } from './places.ts'
import { readPredictions } from './predictions.ts'
import { recordScores, type Circumstances } from './record.ts'
import { configFile, predictionsFile } from './run-folder.ts'
import type { CaptionScores, TextScores } from './score.ts'
import { splitOf } from './split.ts'
import { weightsFingerprint } from './weights.ts'

export interface ExternalPredictions {
  readonly predictions: string
  /** The file of human captions; without it, the validation data and the judge of the newest run that Captune trained. */
  readonly annotations?: string | undefined
  readonly images?: string | undefined
  readonly clip?: Partial<JudgeFiles>
}

/** All paths of another program's predictions, absolute. UserError where the ground is not told and no run shows it. */
export function sourceOf({ predictions, annotations, images, clip = {} }: ExternalPredictions): ExternalSource {
  if (annotations === undefined) return { ...newestGround(), predictions: resolve(predictions) }
  const judge = images === undefined ? undefined : judgeFiles(clip)
  return {
    predictions: resolve(predictions),
    annotations: resolve(annotations),
    ...(images === undefined ? {} : { images: resolve(images) }),
    ...(judge === undefined ? {} : { clip: { weights: fromRoot(judge.weights), vocabulary: fromRoot(judge.vocabulary) } }),
  }
}

function newestGround(): Omit<ExternalSource, 'predictions'> {
  const reader = openReader(databasePath())
  const newest = reader.runs({ kind: 'train' }).find(({ state }) => state === 'finished')
  reader.close()
  if (newest === undefined)
    throw new UserError('runs add: no run shows what to score against; --annotations, and --images for CLIPScore, are needed.')
  const { data, evaluate } = loadRunConfig(configFile(runFolder(newest.id))).config
  const folder = join(fromRoot(data.root), 'p2_data')
  const clip = { weights: fromRoot(evaluate.clip.weights), vocabulary: fromRoot(evaluate.clip.vocabulary) }
  return { annotations: join(folder, 'val.json'), images: join(folder, 'images', 'val'), clip }
}

/** Identifies the predictions with what they are scored with: adding the same again gives the same run. */
export async function externalHash(source: ExternalSource): Promise<string> {
  return sha256(
    canonicalJson({
      predictions: await sha256OfFile(source.predictions, 'the predictions file'),
      ...(await externalContents(source)),
    }),
  )
}

/** Fingerprints of data and judge, equal to those of Captune's own runs where both are the same. */
export async function externalContents(source: ExternalSource): Promise<{ data: string; clip: string }> {
  const { annotations, images, clip } = source
  const root = rootOf(source)
  const pictures = images === undefined || root !== undefined ? [] : splitOf(annotations, images).images
  const files = [{ name: 'val.json', path: annotations }, ...pictures.map(({ file, path }) => ({ name: `val/${file}`, path }))]
  const judge = clip && (await weightsFingerprint({ path: clip.weights, role: 'clip' }))
  return { data: await (root === undefined ? fingerprint(files, hashesPath()) : dataFingerprint(root)), clip: judge ?? '' }
}

/** The data root, where captions and images are the validation data of the course's layout and the training data lies beside them. */
function rootOf({ annotations, images }: ExternalSource): string | undefined {
  const folder = dirname(annotations)
  const isLaidOut =
    basename(folder) === 'p2_data' && basename(annotations) === 'val.json' && images === join(folder, 'images', 'val')
  return isLaidOut && existsSync(join(folder, 'train.json')) ? dirname(folder) : undefined
}

export interface ExternalRun {
  readonly id: string
  readonly study: string
  readonly name: string
  readonly hash: string
  /** Parameters that the other program trained, where it is known. */
  readonly trained?: number | undefined
}

/** Scores the predictions and records them as a finished run of kind `external`. Nothing is written where they cannot be scored. */
export async function addExternalRun(
  source: ExternalSource,
  { id, study, name, hash, trained }: ExternalRun,
  report: Report,
): Promise<TextScores & Partial<CaptionScores>> {
  const ground = { ...fileGround(source.annotations, source.images), clip: source.clip }
  const predictions = readPredictions(source.predictions, stemsOf(ground.split))
  const [scores] = await scoreAll([predictions], ground, {}, report)
  const folder = runFolder(id)
  const contents = await externalContents(source)
  const writer = await openRunWriter({
    database: databasePath(),
    folder,
    run: { id, study, attempt: name, kind: 'external', seed: 1, config_hash: hash, name },
  })
  writeAtomically(predictionsFile(folder, 'val'), readBytes(source.predictions))
  writeSource(folder, source)
  writer.config(source)
  writer.environment({
    ...environmentFacts(),
    'data.fingerprint': contents.data,
    ...(trained === undefined ? {} : { 'model.trained': trained }),
  })
  const { images, references } = ground.split
  writer.references(contents.data, images.map(({ stem: image, path }) => ({ image, path, captions: references[image]! }))) // prettier-ignore
  const circumstances: Circumstances = { ...contents, ...untold, images: images.length }
  await recordScores(writer, folder, { split: 'val', step: 0, captions: predictions.captions, scores: scores!, circumstances })
  await writer.finish('finished')
  return scores!
}

/** How another program decoded is its own affair: its rows are never ranked with those of which it is known. */
const untold = { decoding: 'not told', engine: 'another program', precision: 'not told' }
