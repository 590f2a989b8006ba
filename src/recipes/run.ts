// A training run: executed from its beginning, or from where it stopped.
import { existsSync } from 'node:fs'
import { sizeOf } from '../base/nd-array.ts'
import type { RunConfig } from '../config/run-config.ts'
import { imageParameters } from '../models/pretrained-encoder.ts'
import { initialiseAside } from '../nn/initialise-aside.ts'
import { stepsDone } from '../training/resume.ts'
import type { Identity } from './identity.ts'
import { originOf } from './origin.ts'
import { runFolder } from './places.ts'
import { recordRun, type RunSurroundings } from './recorded-run.ts'
import { checkpoints } from './run-folder.ts'
import { readStart } from './start.ts'
import { openTask, type Task } from './task.ts'
import { requireTextEncoder } from './text-encoder.ts'
import { train } from './train.ts'

/** A run to execute: where it belongs, what it does. */
export interface RunRequest<Config = RunConfig> {
  readonly id: string
  readonly study: string
  readonly attempt: string
  readonly config: Config
  readonly identity: Identity
}

/** Executes or continues a training run. Its failure is recorded before it is thrown on. */
export async function executeRun({ id, study, attempt, config, identity }: RunRequest, around: RunSurroundings): Promise<void> {
  const task = openTask(config)
  const origin = await originOf(task)
  const start = readStart(task, origin) // before the run is on record: a file that does not fit is no failed run
  requireTextEncoder(config.evaluate.clip)
  const values = initialiseAside(task.parameters, config.seed) // needed once features and batches are known
  const { last } = checkpoints(runFolder(id))
  const run = { id, study, attempt, kind: 'train', seed: config.seed, name: config.name }
  const resumeFrom = existsSync(last) ? stepsDone(last) : undefined
  await recordRun({ run, config, identity, resumeFrom, facts: modelFacts(task) }, around, (means) => {
    for (const warning of task.warnings) means.writer.log('warning', warning)
    return train(task, { origin, values, start }, means)
  })
}

/** How much is trained, and of how much. */
export function modelFacts(task: Task): Record<string, number> {
  return { 'model.trained': task.trained, 'model.total': task.trained + frozenCount(task) }
}

/** Weights of the decoder and of the image tower that a run uses and does not train. */
function frozenCount({ decoder, encoder }: Task): number {
  const frozen = [...Object.values(decoder.weights), ...imageParameters(encoder.shape.image)]
  return frozen.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
}
