// What a run has learned: the tensors of its best epoch, checked against its config and the files that it names.
import { existsSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import { loadTrained } from '../peft/load-trained.ts'
import { originOf } from './origin.ts'
import { checkpoints } from './run-folder.ts'
import type { Task } from './task.ts'

export interface Trained {
  readonly path: string
  readonly tensors: NamedArrays
  /** Config hash, step, epoch, score and origin; less in files of earlier versions. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The trained tensors of the run in `folder` for its task as it is served. Throws UserError where there are none or they do not fit. */
export async function readBest(folder: string, task: Task): Promise<Trained> {
  const path = checkpoints(folder).best
  if (!existsSync(path)) throw new UserError(`${path}: missing, for no epoch of this run was scored; train it first.`)
  const file = readSafetensors(path)
  const tensors = loadTrained(file, { specs: task.parameters, origin: await originOf(task) })
  return { path, tensors, metadata: file.metadata }
}
