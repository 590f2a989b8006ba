// Both scripts on a sample of images, as a grader runs them: do they write what is needed, and would they be in time for all images?
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse, resolve } from 'node:path'
import { checkLabels } from '../../metrics/labels.ts'
import { checkPredictions } from '../../metrics/predictions.ts'
import { advise, fail, ofSubmission, pass, type Check, type Finding } from '../check.ts'
import { gradedImages, minutesGranted } from '../grading-limits.ts'
import { runScript } from '../run-script.ts'
import type { Submission } from '../submission.ts'

/** The time for many images follows from the times for these. */
const samples = [4, 36] as const

/** How a script is called on a folder of images, and what is wrong with what it wrote. */
interface Trial {
  readonly script: keyof typeof gradedImages
  readonly images: string
  readonly args: (images: string, output: string) => readonly string[]
  readonly errors: (text: string, files: readonly string[]) => readonly string[]
}

export const problem1Runs: Check = {
  name: 'hw3_1.sh writes a label for every image, in time',
  stake: 'problem 1',
  look: ofSubmission(({ captions }, { root }) => {
    const data = join(resolve(root, captions.config.data.root), 'p1_data')
    const list = join(data, 'id2label.json')
    return tried(root, {
      script: 'hw3_1.sh',
      images: join(data, 'val'),
      args: (images, output) => [images, list, output],
      errors: (text, files) => {
        const { labels, errors } = checkLabels(text, 'the CSV')
        return [...errors, ...files.filter((file) => !(file in labels)).map((file) => `${file} has no line`)]
      },
    })
  }),
}

export const problem2Runs: Check = {
  name: 'hw3_2.sh writes a caption for every image, in time',
  stake: 'problem 2',
  look: ofSubmission(({ captions: { config } }, { root }) => {
    const data = join(resolve(root, config.data.root), 'p2_data')
    return tried(root, {
      script: 'hw3_2.sh',
      images: join(data, 'images/val'),
      args: (images, output) => [images, output, gradersDecoder(root, config)],
      errors: (text, files) => checkPredictions(text, files.map((file) => parse(file).name), 'the JSON').errors, // prettier-ignore
    })
  }),
}

/** The file that the course gives out, else the one that the run was trained beside. */
export function gradersDecoder(root: string, { data, decoder }: Submission['captions']['config']): string {
  const given = join(resolve(root, data.root), 'p2_data/decoder_model.bin')
  return existsSync(given) ? given : resolve(root, decoder.weights)
}

async function tried(root: string, trial: Trial): Promise<Finding> {
  const all = existsSync(trial.images)
    ? readdirSync(trial.images)
        .filter((name) => /\.(jpe?g|png)$/i.test(name))
        .sort()
    : []
  if (all.length === 0)
    return advise(`not tried: there are no images in ${trial.images}`, 'captune get course says how to get them.')
  const place = mkdtempSync(join(tmpdir(), 'captune-check-'))
  try {
    const seconds: number[] = []
    const counts = samples.map((count) => Math.min(count, all.length))
    for (const count of counts) {
      const files = evenly(all, count)
      const [images, output] = [join(place, `${count} images`), join(place, `out of ${count}`)]
      mkdirSync(images, { recursive: true })
      for (const file of files) symlinkSync(join(trial.images, file), join(images, file))
      const { code, told, seconds: took } = await runScript(root, trial.script, trial.args(images, output), { cwd: tmpdir() })
      if (code !== 0) return fail(`it ends with exit code ${code ?? 'none'}: ${told}`, `bash ${trial.script} shows more.`)
      const [error] = trial.errors(readFileSync(output, 'utf8'), files)
      if (error !== undefined) return fail(error, 'This is a fault of Captune; please report it.')
      seconds.push(took)
    }
    return inTime(trial, counts as [number, number], seconds as [number, number])
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function inTime({ script }: Trial, [few, more]: [number, number], [shorter, longer]: [number, number]): Finding {
  const [all, minutes] = [gradedImages[script], minutesGranted[script]]
  const each = more > few ? Math.max(0, (longer - shorter) / (more - few)) : 0
  const expected = (shorter + each * (all - few)) / 60
  const found = `${all} images would take ${expected < 1 ? 'less than a minute' : `${Math.ceil(expected)} min`} here, ${minutes} are allowed`
  if (expected < minutes) return pass(found)
  return advise(found, 'Captions are complete in time where their greedy pass is; a smaller CLIP or greedy decoding is safer.')
}

/** `count` of them, from the first to the last. */
function evenly(files: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, i) => files[Math.floor((i * files.length) / count)]!)
}
