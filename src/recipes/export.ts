// What a run has learned, for other programs: one file of trained tensors, a LoRA adapter's folder, or a decoder with the LoRA folded in.
import { extname, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { loadRunConfig } from '../config/load.ts'
import { exportAdapter } from './export-adapter.ts'
import { writeTensors, type ExportedFile, type ExportFormat, type Writing } from './export-files.ts'
import { exportMerged } from './export-merged.ts'
import { checkpoints, configFile } from './run-folder.ts'
import { openTask, served } from './task.ts'
import { readBest } from './trained.ts'

export interface ExportRequest {
  /** The file or folder to write. */
  readonly to: string
  /** By default what the ending of `to` says; without an ending a folder. */
  readonly format?: ExportFormat | undefined
  readonly dtype: Writing['dtype']
  /** Fold the run's LoRA into the decoder's weights. */
  readonly merged: boolean
}

/** Exports the best epoch of the run in `folder`; gives what was written. UserError where the run or the request does not allow it. */
export async function exportRun(
  folder: string,
  { to, format = formatOf(to), dtype, merged }: ExportRequest,
): Promise<ExportedFile[]> {
  const writing = { to: resolve(to), format, dtype }
  if (Object.values(checkpoints(resolve(folder))).includes(writing.to))
    throw new UserError(`--to: ${to} is the run's own checkpoint; another name is needed.`)
  if (format === 'pt' && dtype === 'float16')
    throw new UserError('--dtype: float16 is for safetensors files, a PyTorch file is float32; leave one of the two.')
  const task = served(openTask(loadRunConfig(configFile(folder)).config))
  const trained = await readBest(folder, task)
  if (merged) return exportMerged(task, trained, writing)
  if (format === 'folder') return exportAdapter(task, trained, writing)
  return [writeTensors(writing.to, trained, writing, 'all that was trained')]
}

const formats: Readonly<Record<string, ExportFormat>> = {
  '.safetensors': 'safetensors',
  '.pt': 'pt',
  '.pth': 'pt',
  '.bin': 'pt',
  '': 'folder',
}

function formatOf(to: string): ExportFormat {
  const ending = extname(to)
  const format = formats[ending]
  if (format !== undefined) return format
  throw new UserError(
    `--to: the ending ${ending} of ${to} names no format; .safetensors, .pt, .bin, a folder without an ending, or --format, is needed.`,
  )
}
