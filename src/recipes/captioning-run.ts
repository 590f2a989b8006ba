// A run as a captioner: one that was trained, or one that decodes again what its parent has learned.
import { loadRunConfig } from '../config/load.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { runFolder } from './places.ts'
import { configFile } from './run-folder.ts'
import { openTask, served, type Task } from './task.ts'
import { readBest, type Trained } from './trained.ts'

/** Of kind `train`, or of kind `decode` with its parent. */
export type CaptioningRun = Pick<RunRow, 'id' | 'parent'>

/** The folder of the run that learned what this one captions with. */
export const learnedIn = ({ id, parent }: CaptioningRun): string => runFolder(parent ?? id)

export interface ReadCaptioner {
  readonly task: Task
  readonly trained: Trained
}

/**
 * A run's captioner with its best checkpoint. `decode` is another way of decoding than the run's own, as on the command line: `beam:5`.
 * UserError where the run has learned nothing or its files are not those of its training.
 */
export async function readCaptioner(run: CaptioningRun, decode?: string): Promise<ReadCaptioner> {
  const { config } = loadRunConfig(configFile(runFolder(run.id)), decode === undefined ? [] : [`decode=${decode}`])
  const task = served(openTask(config))
  return { task, trained: await readBest(learnedIn(run), task) }
}
