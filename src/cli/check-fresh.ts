// `captune check --fresh`: the last commit cloned into an empty place, the three scripts run there within the grader's limits and with an
// empty home, and what they write scored as the course scores it.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { advise, fail, ofSubmission, pass, type Check, type Finding } from '../submission/check.ts'
import { gradersDecoder } from '../submission/checks/sample-runs.ts'
import { git } from '../submission/git.ts'
import { duration } from '../tables/format.ts'

/** Minutes that a grader waits. */
const limits = { 'hw3_download.sh': 20, 'hw3_1.sh': 10, 'hw3_2.sh': 40 } as const
type Script = keyof typeof limits

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
        const { accuracy } = scored('--pred', at('out/p1.csv'), '--images', join(data, 'val')) as { accuracy: number }
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
        const { weights, vocabulary } = config.evaluate.clip
        const judge = ['--images', images, '--clip', fromRoot(weights), '--clip-vocabulary', fromRoot(vocabulary)]
        const written = ['--pred', at('out/p2.json'), '--annotations', join(data, 'val.json')]
        const [now] = (scored(...written, ...judge) as Evaluation).rows
        return compared(ran, [
          { name: 'CIDEr', now: now.cider, then: scores?.cider },
          { name: 'CLIPScore', now: now.clipscore, then: scores?.clipscore },
        ])
      }),
    },
  ]
}

interface Evaluation {
  readonly rows: readonly [{ readonly cider: number; readonly clipscore: number }]
}

interface Compared {
  readonly name: string
  readonly now: number
  /** What the run scored, and the report says. */
  readonly then: number | undefined
}

function compared({ found }: Finding, scores: readonly Compared[]): Finding {
  const text = scores.map(
    ({ name, now, then }) => `${name} ${now.toFixed(4)}${then === undefined ? '' : ` (the run's ${then.toFixed(4)})`}`,
  )
  const all = `${found}; ${text.join(', ')}`
  const less = scores.some(({ now, then }) => then !== undefined && now < then - tolerance)
  return less ? fail(all, 'The scripts score less than the run: captune submit the run again, and commit.') : pass(all)
}

async function run(clone: string, script: Script, args: readonly string[], home: string): Promise<Finding> {
  const began = performance.now()
  const child = spawn('bash', [join(clone, script), ...args], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limits[script] * 60_000,
    killSignal: 'SIGKILL',
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code, signal] = await new Promise<[number | null, string | null]>((done, reject) => {
    child.on('error', reject)
    child.on('close', (...ended) => done(ended))
  })
  const took = duration((performance.now() - began) / 1000)
  if (signal !== null) return fail(`stopped after ${took}`, `A grader waits ${limits[script]} minutes for ${script}.`)
  const told = stderr.trim().split('\n').at(-1) ?? ''
  return code === 0
    ? pass(took)
    : fail(`exit code ${code ?? 'none'}: ${told}`, 'What the clone lacks must be committed or hosted.')
}

/** What `captune evaluate --json` says of the files. */
function scored(...args: readonly string[]): unknown {
  const program = process.argv[1] ?? fromRoot('dist/src/cli/main.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, program, 'evaluate', ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new UserError(`captune evaluate: ${stderr.trim()}`)
  return JSON.parse(stdout)
}
