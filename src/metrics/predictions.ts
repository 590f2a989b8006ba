// Predictions in the grader's format, with the assertions that the grader makes.
import { UserError } from '../base/errors.ts'
import { readJson } from '../base/files.ts'

/** Reads `{stem: caption}` for exactly the images `stems`. Throws one UserError with a line for each missing, extra or wrong entry. */
export function readPredictions(path: string, stems: readonly string[]): Record<string, string> {
  const content = readJson(path, 'the predictions')
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new UserError(`${path}: the predictions are not an object; {"stem": "caption", ...} is needed.`)
  const problems = predictionProblems(content as Record<string, unknown>, stems)
  if (problems.length > 0) throw new UserError(problems.map((problem) => `${path}: ${problem}`).join('\n'))
  return content as Record<string, string>
}

/** What the grader's assertions would refuse, a sentence each. */
export function predictionProblems(predictions: Readonly<Record<string, unknown>>, stems: readonly string[]): string[] {
  const wanted = new Set(stems)
  const missing = stems.filter((stem) => !Object.hasOwn(predictions, stem))
  const extra = Object.keys(predictions).filter((stem) => !wanted.has(stem))
  const wrong = stems.filter((stem) => Object.hasOwn(predictions, stem) && typeof predictions[stem] !== 'string')
  return [
    ...missing.map((stem) => `the image "${stem}" has no caption; every image needs one.`),
    ...extra.map((stem) => `"${stem}" is not an image of this set; remove it (keys are file names without extension).`),
    ...wrong.map((stem) => `the caption of "${stem}" is not a text; a string is needed.`),
  ]
}
