// Problem 1 for a grader: a class for every image of a folder, whatever the images are. The file is complete from the beginning.
import { fromRoot } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import { listImageFiles, readClasses } from '../data/label-folder.ts'
import { readPretrainedEncoder } from '../models/pretrained.ts'
import { openClassifier, predictedClasses, type Prompts } from './classify.ts'
import { gradedFeatures, type ToEncode } from './grade-features.ts'
import { writeLabels } from './labels.ts'
import { nowAndThen } from './now-and-then.ts'
import { usualEngine, withEngine } from './with-engine.ts'

export interface ClassesToGrade {
  /** Folder of the images, path of `id2label.json`, and path of the CSV to write. */
  readonly images: string
  readonly list: string
  readonly output: string
  readonly clip: Prompts['clip']
  readonly templates: readonly string[]
}

export interface GradingOptions {
  readonly report: Report
  /** Told of what the grader should know. */
  readonly warn: (sentence: string) => void
}

/** Writes a line for every image; one that cannot be read gets the first class and is warned of. UserError where nothing can be done. */
export async function gradeClasses(
  { images: folder, list, output, clip, templates }: ClassesToGrade,
  { report, warn }: GradingOptions,
): Promise<void> {
  const classes = readClasses(list)
  const { images, warnings } = listImageFiles(folder)
  for (const warning of warnings) warn(warning)
  const [fallback] = classes.keys()
  const labels = new Map(images.map(({ file }) => [file, fallback!]))
  const write = () => writeLabels(output, [...labels].map(([file, label]) => ({ file, label }))) // prettier-ignore
  await withEngine(usualEngine, async (engine) => {
    const classifier = await openClassifier(engine, { clip, classes, templates })
    const model = readPretrainedEncoder(fromRoot(clip.weights))
    write() // nothing is missing any more: from here on a stop leaves a file that can be graded
    const writeDraft = nowAndThen(write)
    const named = images.map((image) => ({ ...image, stem: image.file })) // a.jpg and a.png are two lines
    const encoded: ToEncode['encoded'] = (batch, features) => {
      const logits = batch.map(({ file }) => classifier.logits(features.rows([file])))
      predictedClasses(logits, classes).forEach((label, i) => labels.set(batch[i]!.file, label))
      writeDraft()
    }
    const { unreadable } = await gradedFeatures(engine, { model, kind: 'embedding', images: named, encoded }, report)
    for (const sentence of unreadable) warn(`${sentence} It gets class ${fallback!}.`)
  })
  write()
}
