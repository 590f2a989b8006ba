// Problem 1's predictions scored: labels in a CSV against the classes in the images' names.
import { UserError } from '../base/errors.ts'
import { readText } from '../base/files.ts'
import { listImages, readClasses } from '../data/label-folder.ts'
import { areCourseClasses, accuracyBaseline } from '../metrics/baselines.ts'
import { accuracy, type AccuracyScores } from '../metrics/accuracy.ts'
import { bootstrapMean, type Interval } from '../metrics/bootstrap.ts'
import { few } from '../metrics/predictions.ts'
import { checkLabels, labelInName } from '../metrics/labels.ts'

export interface LabelFiles {
  /** The CSV. */
  readonly predictions: string
  /** The folder of the images; without it, images that the CSV leaves out go unnoticed. */
  readonly images?: string | undefined
  /** `id2label.json`. */
  readonly classes?: string | undefined
}

export interface LabelScores extends AccuracyScores {
  readonly interval: Interval
  /** Class names by number, where a list was given. */
  readonly classes: ReadonlyMap<number, string> | undefined
  /** The course's mark, where the classes are the course's. */
  readonly baseline: number | undefined
}

/** Accuracy of a CSV. UserError with a line for each thing that the grader would stumble over. */
export function evaluateLabels({ predictions, images, classes: list }: LabelFiles, seed: number): LabelScores {
  const classes = list === undefined ? undefined : readClasses(list)
  const { labels, files, errors } = checkLabels(readText(predictions, 'the predictions file'), predictions, classes)
  const wrong = [
    ...few(errors, (more) => `${predictions}: ${more} more lines are wrong.`),
    ...nameErrors(predictions, files, images),
  ]
  if (wrong.length > 0) throw new UserError(wrong.join('\n'))
  const truth = Object.fromEntries(files.map((file) => [file, labelInName(file)!]))
  if (files.length === 0) throw new UserError(`${predictions}: no image is labelled; a line for each is needed.`)
  const hits = Object.entries(truth).map(([file, label]) => Number(labels[file] === label))
  const baseline = classes !== undefined && areCourseClasses(classes) ? accuracyBaseline : undefined
  return { ...accuracy(labels, truth), interval: bootstrapMean(hits, { seed }), classes, baseline }
}

function nameErrors(where: string, files: readonly string[], folder: string | undefined): string[] {
  const all = (names: readonly string[], said: string, more: string) =>
    few(names.map((name) => `${where}: \`${name}\` ${said}`), (count) => `${where}: ${count} more ${more}.`) // prettier-ignore
  if (folder === undefined) {
    const unnamed = files.filter((file) => labelInName(file) === undefined)
    return all(
      unnamed,
      'has no class number before an underscore; a name like 40_454.png is needed.',
      'names have no class number',
    )
  }
  const present = new Set(listImages(folder).images.map(({ file }) => file))
  const named = new Set(files)
  const unlabelled = [...present].filter((file) => !named.has(file))
  const strange = files.filter((file) => !present.has(file))
  return [
    ...all(strange, `is no image of ${folder}; leave it out.`, 'names are no images'),
    ...all(unlabelled, 'is missing; every image needs a label.', 'images are missing'),
    ...nameErrors(where, files.filter((file) => present.has(file)), undefined), // prettier-ignore
  ]
}
