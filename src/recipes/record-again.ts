// Scores of a finished run that were computed again: what is new of them goes into its record, if they were made as those on record.
import { existsSync } from 'node:fs'
import { sha256OfFile } from '../base/files.ts'
import { loadRunConfig } from '../config/load.ts'
import { amendRun } from '../tracking/amend.ts'
import { openReader } from '../tracking/reader.ts'
import { externalContents } from './external-run.ts'
import { readSource } from './external-source.ts'
import { identityOf } from './identity.ts'
import { databasePath, runFolder } from './places.ts'
import { metricsOf } from './record.ts'
import { configFile, predictionsFile } from './run-folder.ts'
import type { CaptionScores, TextScores } from './score.ts'

const split = 'val'

/** Adds scores to the run's record; returns a sentence for the user, or undefined where all of them were there already. */
export async function recordAgain(id: string, scores: TextScores & Partial<CaptionScores>): Promise<string | undefined> {
  const reader = openReader(databasePath())
  const facts = reader.environment(id)
  const written = reader.artifacts(id).find(({ path }) => path === `predictions/${split}.json`)?.sha256
  const known = reader.summaries(id)
  const step = reader.series(id, `${split}/cider`).steps.at(-1)
  reader.close()
  const differs = (metric: string, value: number) =>
    Math.abs((known.get(metric)?.last ?? Infinity) - value) > 1e-6 * Math.abs(value)
  const news = Object.entries(metricsOf(split, scores)).filter(([metric, value]) => differs(metric, value))
  if (news.length === 0) return undefined
  const folder = runFolder(id)
  if (step === undefined) return 'Not recorded: the run has no scores yet; its own come when it ends.'
  if (!existsSync(predictionsFile(folder, split)) || (await sha256OfFile(predictionsFile(folder, split))) !== written)
    return `Not recorded: ${predictionsFile(folder, split)} is not the file that the run wrote.`
  const now = await contentsNow(folder)
  for (const [what, key] of [
    ['data', 'data'],
    ['judging CLIP', 'clip'],
  ] as const)
    // prettier-ignore
    if (facts[`score.${split}.${key}`] !== now[key]) return `Not recorded: the ${what} changed since the run was scored.`
  const at = Date.now()
  amendRun(databasePath(), id, news.map(([name, value]) => ({ entry: 'metric', name, step, value, at }))) // prettier-ignore
  return `Recorded in the run: ${news.map(([metric]) => metric).join(', ')}.`
}

/** Fingerprints of what the run in `folder` is scored with, as its record names them. */
async function contentsNow(folder: string): Promise<{ data: string; clip: string }> {
  const source = readSource(folder)
  if (source !== undefined) return externalContents(source)
  const { data, weights } = (await identityOf(loadRunConfig(configFile(folder)).config)).contents
  return { data, clip: weights['evaluate.clip.weights'] ?? '' }
}
