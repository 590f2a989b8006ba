// Predictions as files in the grader's format: `{stem: caption}`.
import { UserError } from '../base/errors.ts'
import { readText, writeAtomically } from '../base/files.ts'
import { checkPredictions } from '../metrics/predictions.ts'

/** Writes predictions as the grader reads them. */
export function writePredictions(path: string, captions: Readonly<Record<string, string>>): void {
  writeAtomically(path, `${JSON.stringify(captions, null, 1)}\n`)
}

const mostLines = 10

/** Reads predictions for exactly the images `stems`; UserError with a line for each thing that the grader would fail on, ten at most. */
export function readPredictions(path: string, stems: readonly string[]): Readonly<Record<string, string>> {
  const { captions, errors } = checkPredictions(readText(path, 'the predictions file'), stems, path)
  if (errors.length === 0) return captions
  const rest = errors.length > mostLines ? [`${path}: ${errors.length - mostLines} more entries are wrong.`] : []
  throw new UserError([...errors.slice(0, mostLines), ...rest].join('\n'))
}
