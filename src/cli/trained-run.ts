// RUN where a trained one is needed: decoding again, and studies of it.
import { UserError } from '../base/errors.ts'
import { runFolder } from '../recipes/places.ts'
import { configFile } from '../recipes/run-folder.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { reading } from './one-run.ts'

/** Id and configuration of the run that `text` means. UserError where there is none, or it has not learned anything. */
export function findTrainedRun(text: string): { id: string; config: string } {
  const { id, kind, state } = reading((reader) => resolveRun(reader, text))
  if (kind !== 'train') throw new UserError(`RUN "${text}": ${id} is of kind ${kind}; a trained run is needed.`)
  if (state !== 'finished') throw new UserError(`RUN "${text}": ${id} is ${state}; one that is finished is needed.`)
  return { id, config: configFile(runFolder(id)) }
}
