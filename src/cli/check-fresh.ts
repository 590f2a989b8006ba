// `captune check --fresh`: the last commit cloned into an empty place, the three scripts run there within the grader's limits and with an
// empty home, and what they write scored as the course scores it.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileGround, scoreAll, stemsOf } from '../recipes/evaluate.ts'
import { evaluateLabels } from '../recipes/evaluate-labels.ts'
import { readPredictions } from '../recipes/predictions.ts'
import { advise, fail, ofSubmission, pass, type Check, type Finding } from '../submission/check.ts'
import { gradersDecoder } from '../submission/checks/sample-runs.ts'
import { git } from '../submission/git.ts'
import { minutesGranted, type Script } from '../submission/grading-limits.ts'
import { runScript } from '../submission/run-script.ts'
import { duration, fixed } from '../tables/format.ts'

/** Less than this below what the run scored is rounding: other threads, another machine. */
const tolerance = 0.005

/** The checks share one clone: the first makes it, the last takes it away. */
export function freshChecks(): Check[] {
  const place = mkdtempSync(join(tmpdir(), 'captune-fresh-'))
  process.once('exit', () => rmSync(place, { recursive: true, force: true }))
  const clone = join(place, 'clone')
  const at = (name: string) => join(place, name)
  const inClone = (script: Script, ...args: string[]) => run(clone, script, args, at('home'))
  return [
    {
      name: 'a clone of the last commit fetches its files',
      stake: 'problems 1 and 2',
      look: async ({ root }) => {
        mkdirSync(at('home'))
        if (git(root, 'clone', '--quiet', root, clone) === undefined)
          return fail('git cannot clone this checkout', 'Commit first.')
        return await inClone('hw3_download.sh')
      },
    },
    {
      name: 'hw3_1.sh labels all validation images of problem 1 in a clone',
      stake: 'problem 1',
      look: ofSubmission(async ({ classes, captions: { config } }, { root }) => {
        const data = join(resolve(root, config.data.root), 'p1_data')
        if (!existsSync(data)) return advise(`${data} is missing`, 'captune get course says how to get it.')
        const ran = await inClone('hw3_1.sh', join(data, 'val'), join(data, 'id2label.json'), at('out/p1.csv'))
        if (ran.verdict !== 'pass') return ran
        const { accuracy } = evaluateLabels({ predictions: at('out/p1.csv'), images: join(data, 'val') }, 1)
        return compared(ran, [{ name: 'accuracy', now: accuracy, then: classes.accuracy }])
      }),
    },
    {
      name: 'hw3_2.sh captions all validation images of problem 2 in a clone',
      stake: 'problem 2',
      look: ofSubmission(async ({ captions: { config, scores } }, { root }) => {
        const data = join(resolve(root, config.data.root), 'p2_data')
        if (!existsSync(data)) return advise(`${data} is missing`, 'captune get course says how to get it.')
        const images = join(data, 'images/val')
        const ran = await inClone('hw3_2.sh', images, at('out/p2.json'), gradersDecoder(root, config))
        if (ran.verdict !== 'pass') return ran
        const ground = { ...fileGround(join(data, 'val.json'), images), clip: config.evaluate.clip }
        const written = readPredictions(at('out/p2.json'), stemsOf(ground.split))
        const [now] = await scoreAll([written], ground, {}, () => undefined)
        return compared(ran, [
          { name: 'CIDEr', now: now!.cider.score, then: scores?.cider },
          { name: 'CLIPScore', now: now!.clipscore?.score, then: scores?.clipscore },
        ])
      }),
    },
  ]
}

interface Compared {
  readonly name: string
  readonly now: number | undefined
  /** What the run scored, and the report says. */
  readonly then: number | undefined
}

function compared({ found }: Finding, scores: readonly Compared[]): Finding {
  const text = scores.map(
    ({ name, now, then }) => `${name} ${fixed(now, 4)}${then === undefined ? '' : ` (the run's ${fixed(then, 4)})`}`,
  )
  const all = `${found}; ${text.join(', ')}`
  const less = scores.some(({ now, then }) => then !== undefined && (now ?? 0) < then - tolerance)
  return less ? fail(all, 'The scripts score less than the run: captune submit the run again, and commit.') : pass(all)
}

async function run(clone: string, script: Script, args: readonly string[], home: string): Promise<Finding> {
  const env = { PATH: process.env['PATH'], HOME: home }
  const { code, told, seconds } = await runScript(clone, script, args, { cwd: home, env })
  if (code === 0) return pass(duration(seconds))
  const limit = minutesGranted[script]
  if (seconds >= 60 * limit) return fail(`stopped after ${duration(seconds)}`, `A grader waits ${limit} minutes for ${script}.`)
  return fail(`exit code ${code ?? 'none'}: ${told}`, 'What the clone lacks must be committed or hosted.')
}
