// The program behind hw3_1.sh and hw3_2.sh, an entry of its own: on a grader's machine there is neither a database nor a compiler, so
// nothing here may load tracking, the dashboard or the command line's library. Paths are relative to the working directory.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { gradeCaptions } from '../recipes/grade-captions.ts'
import { gradeClasses } from '../recipes/grade-classes.ts'
import { readSubmission, type Submission } from '../submission/submission.ts'
import { tell } from './exit-code.ts'
import { progressBoard } from './progress-board.ts'

const usage = `hw3_1.sh IMAGES ID2LABEL OUT.csv
hw3_2.sh IMAGES OUT.json DECODER_WEIGHTS`

/** Refining ends here: the rest of the limit is for a machine that pauses, and for the last write. */
const shareOfLimit = 0.85

async function grade([problem, ...paths]: readonly string[]): Promise<void> {
  const [first, second, third] = paths.map((path) => resolve(path))
  if (first === undefined || second === undefined || third === undefined || paths.length > 3 || paths.includes(''))
    throw new UserError(`${paths.length} arguments were given; three are needed:\n${usage}`)
  const submission = readSubmission()
  const board = progressBoard()
  const options = { report: board.reporter(''), warn: (sentence: string) => board.print(`warning: ${sentence}`) }
  try {
    if (problem === 'classes') await classes(submission, { images: first, list: second, output: third }, options)
    else if (problem === 'captions') await captions(submission, { images: first, output: second, decoder: third }, options)
    else throw new UserError(`"${problem ?? ''}" is no problem; classes or captions is needed.`)
  } finally {
    board.close()
  }
}

type Options = Parameters<typeof gradeClasses>[1]

async function classes(
  { classes: { clip, templates } }: Submission,
  paths: { images: string; list: string; output: string },
  options: Options,
): Promise<void> {
  requireHere([clip.weights, clip.vocabulary])
  await gradeClasses({ ...paths, clip, templates }, options)
}

async function captions(
  { captions: { config, weights, decoder: trainedBeside, built_in_world: builtInWorld, fallback, minutes } }: Submission,
  paths: { images: string; output: string; decoder: string },
  options: Options,
): Promise<void> {
  const { vocabulary } = config.decoder
  requireHere([config.encoder.weights, weights, join(vocabulary, 'encoder.json'), join(vocabulary, 'vocab.bpe')])
  const timeRemains = () => performance.now() < minutes * 60_000 * shareOfLimit // since the process began
  await gradeCaptions({ ...paths, config, trained: weights, trainedBeside, builtInWorld, fallback }, { ...options, timeRemains })
}

function requireHere(files: readonly string[]): void {
  const missing = files.filter((path) => !existsSync(fromRoot(path)))
  if (missing.length > 0)
    throw new UserError(`${missing.join(', ')}: missing; run \`bash hw3_download.sh\` first, which fetches it.`)
}

try {
  await grade(process.argv.slice(2))
} catch (error) {
  process.exitCode = tell(error)
}
