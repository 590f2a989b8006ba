// `captune classify --images DIR`: any folder through the prompts of a config, without a record.
import { UserError } from '../base/errors.ts'
import type { ClassifyConfig } from '../config/classify-config.ts'
import { loadClassifyConfig } from '../config/load.ts'
import { predictedClasses, topClasses, zeroShot } from '../recipes/classify.ts'
import { labelsCsv, writeLabels } from '../recipes/labels.ts'
import { readImagesToClassify, type LabelledFolder } from '../recipes/problem-1.ts'
import { checkWeights, classificationWeights } from '../recipes/weights.ts'
import { withEngine } from '../recipes/with-engine.ts'
import { fixed } from '../tables/format.ts'
import { printLabels } from './evaluate-labels.ts'
import { printWarnings, progressBoard } from './progress-board.ts'
import { shownTable } from './show-table.ts'

export interface FolderOptions {
  readonly images?: string
  readonly labels?: string
  readonly output?: string
  readonly top?: number
}

export async function classifyFolder(
  { config: path, overrides }: { config: string; overrides: readonly string[] },
  { images: folder, labels: list, output, top }: FolderOptions,
  signal: AbortSignal,
): Promise<void> {
  if (folder === undefined) throw new UserError('classify: nothing to classify; a config, or --images and --labels, are needed.')
  if (list === undefined)
    throw new UserError('classify: --labels is missing; the names of the classes, id2label.json, are needed.')
  const { config } = loadClassifyConfig(path, overrides)
  const data = readImagesToClassify(folder, list)
  const { images, classes } = data
  const logits = await logitsOf(config, data, signal)
  const predicted = predictedClasses(logits, classes)
  const rows = images.map(({ file }, i) => ({ file, label: predicted[i]! }))
  if (output !== undefined) writeLabels(output, rows)
  if (top !== undefined) console.log(rankingTable(data, logits, top))
  else if (output === undefined) process.stdout.write(labelsCsv(rows))
  if (output !== undefined && images.every(({ label }) => label !== undefined))
    printLabels(output, { images: folder, classes: list, seed: 1 })
}

async function logitsOf(
  { clip, prompts, engine: wish }: ClassifyConfig,
  { images, classes, warnings }: LabelledFolder,
  signal: AbortSignal,
): Promise<Float64Array[]> {
  const board = progressBoard()
  try {
    printWarnings(board, [...warnings, ...(await checkWeights(classificationWeights({ clip })))])
    const request = { clip, images, classes, templates: prompts.templates }
    return await withEngine(wish, (engine) => zeroShot(engine, request, { report: board.reporter(''), signal }))
  } finally {
    board.close()
  }
}

function rankingTable({ images, classes }: LabelledFolder, logits: readonly Float64Array[], top: number): string {
  const count = Math.min(top, classes.size)
  const columns = ['image', ...Array.from({ length: count }, (_, i) => `${i + 1}.`)].map((title) => ({ title }))
  const rows = images.map(({ file }, i) => {
    const ranked = topClasses(logits[i]!, classes, count)
    return [file, ...ranked.map(({ name, probability }) => `${fixed(probability, 2)} ${name}`)].map((text) => ({ text }))
  })
  return shownTable({ columns, rows })
}
