// Decoding again what another run, the parent, has learned: its best checkpoint captions the whole validation set in another way, and
// nothing is trained. It takes a small part of a training's time, so one that was killed is simply done again.
import { encodeForExam } from './encode.ts'
import { runFolder } from './places.ts'
import { recordRun, type RunMeans, type RunSurroundings } from './recorded-run.ts'
import { modelFacts, type RunRequest } from './run.ts'
import { referenceImages, scoreBest } from './score-best.ts'
import { readSplit, scorable } from './split.ts'
import { openTask, type Task } from './task.ts'
import { requireTextEncoder } from './text-encoder.ts'

export type DecodeRequest = RunRequest & {
  /** The id of the run that was trained. */
  readonly parent: string
}

/** Captions and scores validation by the parent's best checkpoint. A failure is recorded before it is thrown on. */
export async function executeDecoding(
  { id, study, attempt, parent, config, identity }: DecodeRequest,
  around: RunSurroundings,
): Promise<void> {
  const task = openTask(config)
  requireTextEncoder(config.evaluate.clip) // it is wanted last and must not be missed then
  const run = { id, study, attempt, kind: 'decode', seed: config.seed, name: config.name, parent }
  await recordRun({ run, config, identity, facts: modelFacts(task) }, around, (means) => decode(task, parent, means))
}

async function decode(task: Task, parent: string, means: RunMeans): Promise<void> {
  const { engine, identity, writer, report, signal } = means
  const val = scorable(readSplit(task.config.data.root, 'val'))
  const features = await encodeForExam(engine, task, val, { report, signal })
  writer.references(identity.contents.data, referenceImages(val))
  const { step, captionsPerSecond } = await scoreBest(task, means, { learnedIn: runFolder(parent), val, features })
  writer.metric('decode/captions_per_second', step, captionsPerSecond)
}
