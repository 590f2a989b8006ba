// Accuracy of a classifier (problem 1), in all and by class, and where it goes wrong.
import type { FloatArray } from '../base/nd-array.ts'

export interface ClassAccuracy {
  readonly label: string
  readonly correct: number
  readonly total: number
}

export interface AccuracyScores {
  /** Share of images labelled right, between 0 and 1. */
  readonly accuracy: number
  readonly correct: number
  readonly total: number
  /** One for each true label, in the order of `labels`. */
  readonly perClass: readonly ClassAccuracy[]
  /** All labels that occur, true or predicted: numbers in numeric order, then words. */
  readonly labels: readonly string[]
  /** `confusion[t][p]`: images of label `labels[t]` that were called `labels[p]`. */
  readonly confusion: readonly (readonly number[])[]
}

/** Compares labels by image; throws unless both name the same images. */
export function accuracy(predicted: Readonly<Record<string, string>>, truth: Readonly<Record<string, string>>): AccuracyScores {
  const images = Object.entries(truth)
  if (images.length === 0) throw new Error('accuracy: no images')
  if (Object.keys(predicted).length !== images.length) throw new Error('accuracy: predictions and truth name different images')
  const labels = [...new Set([...Object.values(truth), ...Object.values(predicted)])].sort(byNumberThenWord)
  const position = new Map(labels.map((label, i) => [label, i]))
  const confusion = labels.map(() => labels.map(() => 0))
  for (const [image, label] of images) {
    const guess = predicted[image]
    if (guess === undefined) throw new Error(`accuracy: ${image} has no prediction`)
    confusion[position.get(label)!]![position.get(guess)!]!++
  }
  const perClass = labels.flatMap((label, i) => {
    const total = confusion[i]!.reduce((sum, n) => sum + n, 0)
    return total === 0 ? [] : [{ label, correct: confusion[i]![i]!, total }]
  })
  const correct = perClass.reduce((sum, its) => sum + its.correct, 0)
  return { accuracy: correct / images.length, correct, total: images.length, perClass, labels, confusion }
}

function byNumberThenWord(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)]
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1
  return Number.isNaN(x) ? (a < b ? -1 : a > b ? 1 : 0) : x - y
}

/** Share of rows whose true class is among the `k` highest of `scores` (images, classes); of equal scores the lower class counts first. */
export function topKAccuracy(scores: FloatArray, truth: readonly number[], k: number): number {
  const [rows = 0, classes = 0] = scores.shape
  if (rows === 0 || truth.length !== rows) throw new Error(`accuracy: ${truth.length} labels for ${rows} rows of scores`)
  let hits = 0
  truth.forEach((label, row) => {
    const own = scores.data[row * classes + label]
    if (own === undefined || label < 0 || label >= classes) throw new Error(`accuracy: class ${label} of ${classes}`)
    let before = 0
    for (let other = 0; other < classes; other++) {
      const score = scores.data[row * classes + other]!
      if (score > own || (score === own && other < label)) before++
    }
    if (before < k) hits++
  })
  return hits / rows
}
