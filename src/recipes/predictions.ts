// Predictions as files in the grader's format: `{stem: caption}`.
import { UserError } from '../base/errors.ts'
import { readText, writeAtomically } from '../base/files.ts'
import { checkPredictions } from '../metrics/predictions.ts'

/** Captions of images in the order of their file, which decides how the toolkit tokenises them. */
export interface Predictions {
  /** By stem. */
  readonly captions: Readonly<Record<string, string>>
  /** Every stem once. */
  readonly order: readonly string[]
  /** What the grader would score, but badly; a sentence each. */
  readonly warnings: readonly string[]
}

/** The human captions of each image, by stem. */
export type HumanCaptions = Readonly<Record<string, readonly string[]>>

/** Writes predictions as the grader reads them. */
export function writePredictions(path: string, captions: Readonly<Record<string, string>>): void {
  writeAtomically(path, `${JSON.stringify(captions, null, 1)}\n`)
}

/** Reads predictions for exactly the images `stems`; UserError with a line for each thing that the grader would fail on. */
export function readPredictions(path: string, stems: readonly string[]): Predictions {
  const { captions, order, errors, warnings } = checkPredictions(readText(path, 'the predictions file'), stems, path)
  if (errors.length > 0) throw new UserError(errors.join('\n'))
  return { captions, order, warnings }
}
