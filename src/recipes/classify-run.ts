// A zero-shot classification as a run: the labelled images of problem 1 through a CLIP's prompts, written as the grader reads them and
// scored from that file. It takes seconds, so one that was killed is simply done again.
import { floats } from '../base/nd-array.ts'
import { writeAtomically } from '../base/files.ts'
import type { ClassifyConfig } from '../config/classify-config.ts'
import { topKAccuracy } from '../metrics/accuracy.ts'
import { csv } from '../tables/csv.ts'
import { predictedClasses, topClasses, zeroShot } from './classify.ts'
import { evaluateLabels, type LabelScores } from './evaluate-labels.ts'
import { writeLabels } from './labels.ts'
import { readProblem1, type LabelledFolder } from './problem-1.ts'
import { recordFile } from './record.ts'
import { recordRun, type RunMeans, type RunSurroundings } from './recorded-run.ts'
import type { RunRequest } from './run.ts'
import { labelFiles } from './run-folder.ts'

const kept = 5 // classes written for each image

/** Executes a classification. Its failure is recorded before it is thrown on. */
export async function executeClassification(
  { id, study, attempt, config, identity }: RunRequest<ClassifyConfig>,
  around: RunSurroundings,
): Promise<void> {
  const data = readProblem1(config.data.root)
  const run = { id, study, attempt, kind: 'classify', seed: 0, name: config.name }
  await recordRun({ run, config, identity }, around, (means) => classify(config, data, means))
}

async function classify(config: ClassifyConfig, data: LabelledFolder, means: RunMeans): Promise<void> {
  const { engine, folder, identity, writer, report, signal } = means
  const { images, classes, warnings } = data
  for (const warning of warnings) writer.log('warning', warning)
  const { templates } = config.prompts
  const logits = await zeroShot(engine, { clip: config.clip, images, classes, templates }, { report, signal })
  const predicted = predictedClasses(logits, classes)
  const files = labelFiles(folder, 'val')
  writeLabels(files.labels, images.map(({ file }, i) => ({ file, label: predicted[i]! }))) // prettier-ignore
  const ranked = images.map(({ file }, i) => [file, topClasses(logits[i]!, classes, kept)] as const)
  writeAtomically(files.top, `${JSON.stringify(Object.fromEntries(ranked), null, 1)}\n`)

  const scores = evaluateLabels({ predictions: files.labels, images: data.folder, classes: data.list }, 1)
  writeAtomically(files.classes, classesCsv(scores, classes))
  writeAtomically(files.confusion, confusionCsv(scores, classes))
  writer.references(
    identity.contents.data,
    images.map(({ stem: image, path, label }) => ({ image, path, captions: [classes.get(label!)!] })),
  )
  writer.samples('val', 0, images.map(({ stem: image }, i) => ({ image, caption: classes.get(predicted[i]!)! }))) // prettier-ignore
  writer.metrics(0, { 'val/accuracy': scores.accuracy, 'val/top5': topAccuracy(logits, data) })
  writer.environment({
    'score.val.data': identity.contents.data,
    'score.val.images': images.length,
    'score.val.engine': engine.name,
    'score.val.precision': config.engine.precision,
  })
  for (const path of Object.values(files)) await recordFile(writer, folder, path)
}

/** The share of images whose true class is among the five most probable. */
function topAccuracy(logits: readonly Float64Array[], { images, classes }: LabelledFolder): number {
  const positions = new Map([...classes.keys()].map((label, i) => [label, i]))
  const rows = Float32Array.from(logits.flatMap((its) => [...its]))
  const truth = images.map(({ label }) => positions.get(label!)!)
  return topKAccuracy(floats([images.length, classes.size], rows), truth, kept)
}

function classesCsv({ perClass }: LabelScores, classes: ReadonlyMap<number, string>): string {
  const columns = ['class', 'name', 'images', 'correct', 'accuracy'].map((title) => ({ title }))
  const rows = perClass.map(({ label, correct, total }) =>
    [label, classes.get(Number(label)) ?? '', total, correct, correct / total].map((value) => ({ text: String(value) })),
  )
  return csv({ columns, rows })
}

/** A row for each true class, a column for each class that images were taken for. */
function confusionCsv({ labels, confusion }: LabelScores, classes: ReadonlyMap<number, string>): string {
  const name = (label: string) => `${label} ${classes.get(Number(label)) ?? ''}`
  const columns = ['true class', ...labels.map(name)].map((title) => ({ title }))
  const rows = labels.map((label, i) => [name(label), ...confusion[i]!].map((value) => ({ text: String(value) })))
  return csv({ columns, rows })
}
