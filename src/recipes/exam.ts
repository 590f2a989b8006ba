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
  /** Captions the images of `split`, writes `{stem: caption}` to `predictions`, and scores that file. */
  take(
    split: Split,
    predictions: string,
    report?: Report,
  ): Promise<{ captions: Readonly<Record<string, string>>; scores: CaptionScores; captionsPerSecond: number }>
  dispose(): Promise<void>
}

/** An exam on validation images for whatever `trained` holds at the time. */
export async function openExam(engine: Engine, task: Task, trained: State, features: ExamFeatures): Promise<Exam> {
  const captioning = await openCaptioning(engine, task, trained, features.val)
  const judge = await openJudge(engine, task.config.evaluate.clip, features.judge)
  return {
    async take({ images, references }, predictions, report) {
      const stems = images.map(({ stem }) => stem)
      const began = performance.now()
      writePredictions(predictions, await captioning.caption(features.val, stems, report))
      const captionsPerSecond = (1000 * stems.length) / (performance.now() - began)
      const written = readPredictions(predictions, stems)
      return { captions: written.captions, scores: await scoreCaptions(written, references, judge), captionsPerSecond }
    },
    async dispose() {
      await captioning.dispose()
      await judge.dispose()
    },
  }
}
