// `captune classify CONFIG`: a classification on record, and where it errs.
import { loadClassifyConfig, pathForReader } from '../config/load.ts'
import { executeClassification } from '../recipes/classify-run.ts'
import { classificationIdentity } from '../recipes/identity.ts'
import { classificationFiles, requireFiles } from '../recipes/needed-files.ts'
import { runFolder } from '../recipes/places.ts'
import { readProblem1 } from '../recipes/problem-1.ts'
import { labelFiles } from '../recipes/run-folder.ts'
import { checkWeights, classificationWeights } from '../recipes/weights.ts'
import { provideData } from '../recipes/world.ts'
import { runIdOf } from '../runner/cells.ts'
import { printLabels } from './evaluate-labels.ts'
import { oneRun } from './one-run.ts'
import type { RunPlace } from './train-one.ts'

export async function classifyRun(
  path: string,
  overrides: readonly string[],
  { study, attempt: named }: RunPlace,
  signal: AbortSignal,
): Promise<void> {
  const { config } = loadClassifyConfig(path, overrides)
  const result = await oneRun(async (around) => {
    requireFiles(classificationFiles(config))
    around.warn(await checkWeights(classificationWeights(config)))
    await provideData(config, around)
    const identity = await classificationIdentity(config)
    const attempt = named ?? config.name
    const id = runIdOf({ study, attempt, seed: 0, hash: identity.hash })
    return {
      id,
      hash: identity.hash,
      execute: () => executeClassification({ id, study, attempt, config, identity }, around),
    }
  }, signal)
  if (result === undefined) return
  const { folder, list } = readProblem1(config.data.root)
  const { labels, top, classes, confusion } = labelFiles(runFolder(result), 'val')
  console.log()
  printLabels(labels, { images: folder, classes: list, seed: 1 })
  const more = { 'labels, as the grader reads them': labels, 'the five most probable classes': top, 'every class': classes, 'who is taken for whom': confusion } // prettier-ignore
  console.log(`\n${Object.entries(more).map(([what, path]) => `${what}: ${pathForReader(path)}`).join('\n')}`) // prettier-ignore
}
