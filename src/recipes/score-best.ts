// The score that tables show: the saved tensors of a run's best epoch on all of validation, by the path that a grader takes.
import type { ReferenceImage } from '../tracking/entries.ts'
import type { ExamFeatures } from './encode.ts'
import { takeExam } from './exam.ts'
import { circumstancesOf, recordFile, recordScores } from './record.ts'
import type { RunMeans } from './recorded-run.ts'
import { predictionsFile } from './run-folder.ts'
import type { Split } from './split.ts'
import { served, type Task } from './task.ts'
import { readBest } from './trained.ts'

export interface ScoredRun {
  /** The folder of the run that trained the tensors: this run's own, or its parent's. */
  readonly learnedIn: string
  readonly val: Split
  readonly features: ExamFeatures
}

/** Captions validation as the task's config decodes, writes the predictions into the run's folder, scores that file and records the scores. */
export async function scoreBest(
  task: Task,
  { engine, folder, identity, writer, report }: Omit<RunMeans, 'signal'>,
  { learnedIn, val, features }: ScoredRun,
): Promise<{ step: number; captionsPerSecond: number }> {
  const servedTask = served(task)
  const { path, tensors, metadata } = await readBest(learnedIn, servedTask)
  const step = Number(metadata['step'])
  const trained = engine.hold(tensors)
  const exam = { split: val, features, predictions: predictionsFile(folder, 'val'), report }
  const { captions, scores, captionsPerSecond } = await takeExam(engine, servedTask, trained, exam)
  await recordScores(writer, folder, {
    split: 'val',
    step,
    epoch: Number(metadata['epoch']) + 1,
    captions,
    scores,
    circumstances: circumstancesOf(task, engine, identity.contents, val),
  })
  if (learnedIn === folder) await recordFile(writer, folder, path)
  trained.dispose()
  return { step, captionsPerSecond }
}

/** Validation images with their human captions, for whoever compares captions side by side. */
export function referenceImages({ images, references }: Split): ReferenceImage[] {
  return images.map(({ stem: image, path }) => ({ image, path, captions: references[image]! }))
}
