// An exam: caption a split, write the predictions as the grader wants them, and score what was written.
import type { Report } from '../base/progress.ts'
import type { Engine, State } from '../engine/engine.ts'
import { openCaptioning } from './caption.ts'
import type { ExamFeatures } from './encode.ts'
import { openJudge } from './judge.ts'
import { readPredictions, writePredictions } from './predictions.ts'
import { scoreCaptions, type CaptionScores } from './score.ts'
import type { Split } from './split.ts'
import type { Task } from './task.ts'

export interface Exam {
  readonly split: Split
  readonly features: ExamFeatures
  /** Where `{stem: caption}` is written. */
  readonly predictions: string
  readonly report?: Report
}

export interface Examined {
  readonly captions: Readonly<Record<string, string>>
  readonly scores: CaptionScores
  readonly captionsPerSecond: number
}

/**
 * Captions the images of a split with what `trained` holds now, writes the captions and scores that file. The captioner and the judge are
 * in memory one after the other, and neither of them afterwards: a training that goes on needs the room.
 */
export async function takeExam(engine: Engine, task: Task, trained: State, exam: Exam): Promise<Examined> {
  const { split, features, predictions, report } = exam
  const stems = split.images.map(({ stem }) => stem)
  const captioning = await openCaptioning(engine, task, trained, features.val)
  const began = performance.now()
  writePredictions(predictions, await captioning.caption(features.val, stems, report))
  const captionsPerSecond = (1000 * stems.length) / (performance.now() - began)
  await captioning.dispose()

  const written = readPredictions(predictions, stems)
  const judge = await openJudge(engine, task.config.evaluate.clip, features.judge)
  const scores = await scoreCaptions(written, split.references, judge)
  await judge.dispose()
  return { captions: written.captions, scores, captionsPerSecond }
}
