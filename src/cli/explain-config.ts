// `captune explain`: a configuration in words and numbers, before anything is trained.
import { UserError } from '../base/errors.ts'
import type { ClassifyConfig } from '../config/classify-config.ts'
import { describe } from '../config/describe.ts'
import { loadAnyConfig } from '../config/load.ts'
import { optionsAsText } from '../config/options-text.ts'
import { estimate } from '../recipes/estimate.ts'
import { areHere, captionerFiles, classificationFiles, requireFiles, runFiles } from '../recipes/needed-files.ts'
import { trainedBySize } from '../recipes/published-sizes.ts'
import { readSplit } from '../recipes/split.ts'
import { openTask, type Task, type Trained } from '../recipes/task.ts'
import { checkWeights, weightsOf } from '../recipes/weights.ts'
import { withEngine } from '../recipes/with-engine.ts'
import { provideData } from '../recipes/world.ts'
import { bytes, duration, thousands } from '../tables/format.ts'
import { printClipTimes } from './explain-clips.ts'
import { explainSubmission, isSubmission } from './explain-submission.ts'
import { progressBoard } from './progress-board.ts'
import { shownTable } from './show-table.ts'

export interface ExplainOptions {
  readonly options?: boolean
  readonly measure: boolean
}

export async function explain(path: string | undefined, overrides: readonly string[], options: ExplainOptions): Promise<void> {
  if (options.options === true) return console.log(optionsAsText())
  if (path === undefined) throw new UserError('explain: nothing to explain; a config file, or --options, is needed.')
  if (isSubmission(path)) return explainSubmission(path, options)
  const loaded = loadAnyConfig(path, overrides)
  console.log(optionsTable(loaded))
  const { config } = loaded
  if ('prompts' in config) return explainClassification(config, options)
  const task = areHere(captionerFiles(config)) ? openTask(config) : undefined
  const trained = task ?? trainedBySize(config)
  if (trained !== undefined) console.log(trainedTable(trained))
  requireFiles(runFiles(config))
  for (const warning of await checkWeights(weightsOf(config))) console.error(`Warning: ${warning}`)
  if (options.measure) await printEstimate(task!)
}

/** Nothing is trained. Which CLIP to take can be told before any is here. */
async function explainClassification(config: ClassifyConfig, { measure }: ExplainOptions): Promise<void> {
  if (measure) await printClipTimes({ root: config.data.root, templates: config.prompts.templates })
  requireFiles(classificationFiles(config))
}

function optionsTable(loaded: ReturnType<typeof loadAnyConfig>): string {
  const columns = ['option', 'value', 'from', 'meaning'].map((title) => ({ title }))
  const rows = describe(loaded).map(({ key, value, origin, description }) =>
    [key, value, origin, description].map((text) => ({ text })),
  )
  return shownTable({ columns, rows })
}

function trainedTable({ parts, trained, limit }: Trained): string {
  const rows = [
    ...parts.map(({ part, key, count }) => [part, thousands(count), key]),
    ['trained', thousands(trained), `${((100 * trained) / limit).toFixed(1)} % of the limit of ${thousands(limit)}`],
  ]
  const columns = [{ title: 'part' }, { title: 'parameters', align: 'right' as const }, { title: 'set by' }]
  return `\n${shownTable({ columns, rows: rows.map((row) => row.map((text) => ({ text }))) })}`
}

async function printEstimate(task: Task): Promise<void> {
  const board = progressBoard()
  await provideData(task.config, { report: board.reporter('') })
  board.close()
  const { root } = task.config.data
  const data = { train: readSplit(root, 'train'), val: readSplit(root, 'val').images.length }
  const { description, measured } = await withEngine(task.config.engine, async (engine) => ({
    description: engine.description,
    measured: await estimate(engine, task, data),
  }))
  const columns = [{ title: 'phase' }, { title: 'time', align: 'right' as const }, { title: 'measured' }]
  const total = measured.phases.reduce((sum, { seconds }) => sum + seconds, 0)
  const rows = [
    ...measured.phases,
    { phase: 'in all', seconds: total, measured: 'at most: captions as long as allowed, every epoch trained' },
  ]
  console.log(
    `\n${shownTable({ columns, rows: rows.map(({ phase, seconds, measured: how }) => [phase, duration(seconds), how].map((text) => ({ text }))) })}`,
  )
  console.log(`\nOn ${description}: features ${bytes(measured.cacheBytes)} on disk, memory ${bytes(measured.memoryBytes)}.`)
}
