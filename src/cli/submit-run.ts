// `captune submit`: what hw3_1.sh and hw3_2.sh run from now on, and where a stranger's machine gets it from.
import { existsSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { loadClassifyConfig, relativeToRoot } from '../config/load.ts'
import { handOver } from '../recipes/grade-prepare.ts'
import { runFolder } from '../recipes/places.ts'
import { configFile } from '../recipes/run-folder.ts'
import { minutesGranted } from '../submission/grading-limits.ts'
import {
  readSubmission,
  submissionPath,
  writeSubmission,
  type SubmittedCaptions,
  type SubmittedClasses,
} from '../submission/submission.ts'
import type { Reader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { reading } from './one-run.ts'
import { hostFiles, printFiles, type HostingOptions } from './submit-files.ts'
import { findCaptioningRun, requireFinished } from './trained-run.ts'

export type SubmitOptions = HostingOptions & {
  readonly classify?: string
  readonly decode?: string
  readonly weights: string
  readonly dtype: 'float32' | 'float16'
}

export async function submit(run: string | undefined, options: SubmitOptions, signal: AbortSignal): Promise<void> {
  const before = existsSync(submissionPath) ? readSubmission() : undefined
  const captions = run === undefined ? before?.captions : await submittedCaptions(run, options)
  if (captions === undefined) throw new UserError('submit: nothing was submitted yet; a RUN is needed.')
  const classes =
    options.classify === undefined ? (before?.classes ?? usualClasses(captions)) : submittedClasses(options.classify)
  const files = await hostFiles({ classes, captions }, before?.files ?? [], options, signal)
  writeSubmission({ classes, captions, files })
  printFiles({ classes, captions, files })
}

async function submittedCaptions(text: string, { weights, dtype, decode }: SubmitOptions): Promise<SubmittedCaptions> {
  const run = findCaptioningRun(text)
  requireFinished(`RUN "${text}"`, run)
  const path = relativeToRoot(weights)
  const handed = await handOver(run, { to: path, dtype, decode })
  const scores = decode === undefined ? scoresOf(run.id) : undefined
  return {
    run: run.id,
    weights: path,
    decoder: handed.decoder,
    built_in_world: handed.builtInWorld,
    fallback: handed.fallback,
    minutes: minutesGranted['hw3_2.sh'],
    ...(scores && { scores }),
    config: handed.config,
  }
}

function scoresOf(id: string): SubmittedCaptions['scores'] {
  const [cider, clipscore] = reading((reader) => ['val/cider', 'val/clipscore'].map((metric) => lastValue(reader, id, metric)))
  return cider === undefined ? undefined : { cider, ...(clipscore === undefined ? {} : { clipscore }) }
}

function submittedClasses(text: string): SubmittedClasses {
  return reading((reader) => {
    const run = resolveRun(reader, text)
    const { id, kind } = run
    if (kind !== 'classify') throw new UserError(`--classify "${text}": ${id} is of kind ${kind}; a classification is needed.`)
    requireFinished(`--classify "${text}"`, run)
    const { clip, prompts } = loadClassifyConfig(configFile(runFolder(id))).config
    const accuracy = lastValue(reader, id, 'val/accuracy')
    return {
      run: id,
      clip,
      templates: prompts.templates,
      ...(accuracy === undefined ? {} : { accuracy }),
    }
  })
}

/** The judge of captions is a CLIP too, and this prompt is the best single one that was published for the course's data. */
function usualClasses({ config }: SubmittedCaptions): SubmittedClasses {
  return { clip: config.evaluate.clip, templates: ['a photo of a {object}'] }
}

const lastValue = (reader: Reader, run: string, metric: string): number | undefined =>
  reader.summaries(run).get(metric)?.last ?? undefined
