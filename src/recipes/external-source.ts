// Where the predictions of another program came from: `source.json` in the folder of a run that Captune did not train.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { readJson, writeAtomically } from '../base/files.ts'

export interface ExternalSource {
  /** The file that was added. */
  readonly predictions: string
  /** The file of human captions. */
  readonly annotations: string
  readonly images?: string | undefined
  readonly clip?: { readonly weights: string; readonly vocabulary: string } | undefined
}

const sourceFile = (folder: string): string => join(folder, 'source.json')

/** What was told of the run in `folder`; undefined for a run of Captune's own. UserError where the file is damaged. */
export function readSource(folder: string): ExternalSource | undefined {
  const path = sourceFile(folder)
  if (!existsSync(path)) return undefined
  const source = readJson(path, 'what is known of the predictions') as Partial<ExternalSource> | null
  if (typeof source?.annotations !== 'string' || typeof source.predictions !== 'string')
    throw new UserError(`${path}: "annotations" or "predictions" is missing; add the run again.`)
  return { ...source, annotations: source.annotations, predictions: source.predictions }
}

/** Writes what was told of another program's predictions; all paths absolute. */
export function writeSource(folder: string, source: ExternalSource): void {
  writeAtomically(sourceFile(folder), `${JSON.stringify(source, null, 1)}\n`)
}
