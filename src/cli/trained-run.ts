// RUN where one is needed that has learned something: decoding again, studies of it, captioning and submitting.
import { UserError } from '../base/errors.ts'
import { runFolder } from '../recipes/places.ts'
import { configFile } from '../recipes/run-folder.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { reading } from './one-run.ts'

/** Id and configuration of the run that `text` means. UserError where there is none, or it has not learned anything. */
export function findTrainedRun(text: string): { id: string; config: string } {
  const run = reading((reader) => resolveRun(reader, text))
  if (run.kind !== 'train') throw new UserError(`RUN "${text}": ${run.id} is of kind ${run.kind}; a trained run is needed.`)
  requireFinished(`RUN "${text}"`, run)
  return { id: run.id, config: configFile(runFolder(run.id)) }
}

/** The run that `text` means where it captions images: a training, or a decoding of one. UserError where it is of another kind. */
export function findCaptioningRun(text: string): RunRow {
  const run = reading((reader) => resolveRun(reader, text))
  if (run.kind === 'train' || run.kind === 'decode') return run
  throw new UserError(`RUN "${text}": ${run.id} is of kind ${run.kind}; a training, or a decoding of one, is needed.`)
}

/** Throws UserError beginning with `where` unless the run came to its end. */
export function requireFinished(where: string, { id, state }: RunRow): void {
  if (state !== 'finished') throw new UserError(`${where}: ${id} is ${state}; one that is finished is needed.`)
}
