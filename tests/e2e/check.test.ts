// A student's whole day in a checkout of their own: classify, train, compare, report, submit, host the files, and see whether it will be
// graded.
import { spawnSync } from 'node:child_process'
import { createReadStream, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'
import { readSubmission } from '../../src/submission/submission.ts'
import type { CheckResult } from '../../src/submission/check.ts'
import { serve } from '../unit/sources/file-server.ts'
import { captuneHere } from './captune-here.ts'
import { temporaryPlace, tiny } from './captune.ts'
import { bash, checkout } from './checkout.ts'
import { hasTmux, terminal } from './terminal.ts'

const place = temporaryPlace()
const root = join(place, 'my homework')
const world = join(root, 'data/small')
const archive = join(root, 'submission/runtime.tar.gz')

beforeAll(() => {
  checkout(root)
  mkdirSync(join(root, 'src'))
  symlinkSync(fromRoot('src/report'), join(root, 'src/report')) // fonts and styles
  rmSync(join(root, 'configs/submission.yaml'))
  writeFileSync(join(root, '.gitignore'), 'node_modules\ndist/\n/src/\ndata/\nruns/\n/runtime/\n/submission/runtime.tar.gz\n')
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'user.email', 'student@example.org')
  git('config', 'user.name', 'Student')
})

const git = (...args: string[]) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' })

const command = (...args: readonly string[]) => captuneHere(args, { runs: join(root, 'runs'), root })

const verdictsOf = (json: string) =>
  Object.fromEntries((JSON.parse(json) as CheckResult[]).map(({ name, verdict, found }) => [name, `${verdict}: ${found}`]))

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the day of a student (Linux on x86_64)', () => {
  it('begins with nothing submitted', async () => {
    expect(await command('submit')).toMatchObject({ code: 2, stderr: 'submit: nothing was submitted yet; a RUN is needed.\n' })
    expect(await bash(join(root, 'hw3_1.sh'), ['a', 'b', 'c'], { cwd: place })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/submission\.yaml: the submission is missing\.\n$/) as string,
    })
  })

  it('goes on with prompts and a study, which the terminal compares', async () => {
    await command('data', 'shapes', '--root', world, '--train', '32', '--val', '12', '--per-class', '1')
    const study = { name: 'day', base: 'configs/shapes/lora.yaml', attempts: { lora: {} } }
    writeFileSync(join(root, 'day.yaml'), JSON.stringify(study))
    const ran = [
      await command('classify', 'configs/shapes/classify.yaml', 'data.root=data/small', '--study', 'day', '--attempt', 'prompts'),
      await command('study', 'day.yaml', ...tiny(world)),
    ]
    expect(ran.map(({ code }) => code)).toEqual([0, 0])
    expect((await command('runs')).stdout).toMatch(
      /\nday-lora-s1-\S+ +lora +lora rank 8, .*\nday-prompts-s0-\S+ +prompts +a photo of a \{object\} /,
    )
  })

  it.skipIf(!hasTmux)('sees both in the dashboard', async () => {
    const { until, press } = terminal(['dashboard'], { environment: { CAPTUNE_RUNS: join(root, 'runs') } })
    await until(/CIDEr/)
    press('2')
    expect(await until(/a photo of/)).toMatch(/lora rank 8/)
    press('q')
    expect(await until(/left with/)).toContain('left with 0')
  })

  it('writes a report, which stands where the course wants it', async () => {
    const { code, stdout } = await command('report', 'build', '--student', 'r12345678')
    expect([code, stdout]).toEqual([3, expect.stringMatching(/^hw3_r12345678\.pdf$/m)])
    expect(readFileSync(join(root, 'hw3_r12345678.pdf')).subarray(0, 5).toString()).toBe('%PDF-')
  })

  it('submits a run, and is told what of it the grader gets from where', async () => {
    expect(await command('submit', 'day/prompts')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is of kind classify; a training, or a decoding of one, is needed\.\n$/) as string,
    })
    const { code, stdout } = await command('submit', 'day/lora', '--classify', 'day/prompts')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\ntrained +submission\/trained\.safetensors +\S+ [kM]B +the repository, once you commit it\n/)
    expect(stdout).toMatch(/\nruntime +\S+ +missing +not made yet: captune submit --runtime\n/)
    expect(stdout).toContain('It was made on the built-in world')
  })

  it('hosts what a machine without Node needs, where a stranger can fetch it, commits, and is told whether it will be graded', async () => {
    const url = await serve(({ url: path }, response) => {
      const broken = path === '/broken'
      response.writeHead(200, { 'content-length': broken ? 3 : statSync(archive).size })
      if (broken) response.end('abc')
      else createReadStream(archive).pipe(response)
    })
    expect(await command('submit', '--runtime')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/runtime\.tar\.gz: \d\d\.\d MB\.\n$/) as string,
    })
    const wrong = await command('submit', '--url', `runtime=${url}broken`)
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(
      /the file there has 3 bytes[^]*A link that anyone may open is needed; the submission was not changed\.\n$/,
    )
    expect(await command('submit', '--url', 'everything=https://example.org/x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no file "everything"; one of trained, encoder, tokens') as string,
    })
    const right = await command('submit', '--url', `runtime=${url}archive`)
    expect(right.code).toBe(0)
    expect(readSubmission(join(root, 'configs/submission.yaml')).files).toMatchObject([
      { name: 'runtime', unpack: '.', url: `${url}archive` },
    ])

    git('add', '--all')
    git('commit', '--quiet', '--message', 'Hand in')
    const { code, stdout, stderr } = await command('check', '--fresh', '--json')
    expect(code).toBe(3)
    expect(stderr).toBe('2 of 20 checks fail. At stake: problems 1 and 2, problem 2.\n')
    const verdicts = verdictsOf(stdout)
    expect(verdicts).toMatchObject({
      'the scripts run python3, as the course asks': 'fail: they run TypeScript by Node',
      "the captioner was trained beside the course's decoder": 'fail: it was trained on the built-in world',
      'the report is there as hw3_<studentID>.pdf': 'pass: hw3_r12345678.pdf',
      'Node and the program reach a machine that has neither': 'pass: hw3_download.sh fetches them',
      'everything is committed and pushed': 'advice: this branch was never pushed',
      'hw3_1.sh labels all validation images of problem 1 in a clone': expect.stringMatching(
        /^pass: .*accuracy ([01]\.\d+) \(the run's \1\)$/,
      ) as string,
      'hw3_2.sh captions all validation images of problem 2 in a clone': expect.stringMatching(
        /^pass: .*CIDEr (\d\.\d+) \(the run's \1\), CLIPScore (\d\.\d+) \(the run's \2\)$/,
      ) as string,
    })
  })
})
