// A student's whole day in a checkout of their own: classify, train, submit, host the files, and see whether it will be graded.
import { spawn, spawnSync } from 'node:child_process'
import { createReadStream, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readSubmission } from '../../src/submission/submission.ts'
import type { CheckResult } from '../../src/submission/check.ts'
import { serve } from '../unit/sources/file-server.ts'
import { temporaryPlace, tiny, type Ended } from './captune.ts'
import { bash, checkout } from './checkout.ts'

const place = temporaryPlace()
const root = join(place, 'my homework')
const world = join(root, 'data/small')
const archive = join(root, 'submission/runtime.tar.gz')

beforeAll(() => {
  checkout(root)
  rmSync(join(root, 'configs/submission.yaml'))
  writeFileSync(join(root, '.gitignore'), 'node_modules\ndist/\ndata/\nruns/\n/runtime/\n/submission/runtime.tar.gz\n')
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'user.email', 'student@example.org')
  git('config', 'user.name', 'Student')
})

const git = (...args: string[]) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' })
const commit = () => [git('add', '--all'), git('commit', '--quiet', '--message', 'Hand in')]

function command(...args: readonly string[]): Promise<Ended> {
  const child = spawn(join(root, 'captune'), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (text: Buffer) => (output[name] += text.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...output })))
}

const verdictsOf = (json: string) =>
  Object.fromEntries((JSON.parse(json) as CheckResult[]).map(({ name, verdict, found }) => [name, `${verdict}: ${found}`]))

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the day of a student (Linux on x86_64)', () => {
  it('begins with nothing submitted', async () => {
    expect(await command('submit')).toMatchObject({ code: 2, stderr: 'submit: nothing was submitted yet; a RUN is needed.\n' })
    expect(await bash(join(root, 'hw3_1.sh'), ['a', 'b', 'c'], { cwd: place })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/submission\.yaml: the submission is missing\.\n$/) as string,
    })
    await command('data', 'shapes', '--root', world, '--train', '32', '--val', '12', '--per-class', '1')
    const ran = [
      await command('classify', 'configs/shapes/classify.yaml', 'data.root=data/small', '--study', 'day', '--attempt', 'prompts'),
      await command('train', 'configs/shapes/lora.yaml', ...tiny(world), '--study', 'day', '--attempt', 'lora'),
    ]
    expect(ran.map(({ code }) => code)).toEqual([0, 0])
  })

  it('submits a run, whose captions the script then writes', async () => {
    expect(await command('submit', 'day/prompts')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is of kind classify; a training, or a decoding of one, is needed\.\n$/) as string,
    })
    const { code, stdout } = await command('submit', 'day/lora', '--classify', 'day/prompts')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\ntrained +submission\/trained\.safetensors +\S+ [kM]B +the repository, once you commit it\n/)
    expect(stdout).toMatch(/\nruntime +\S+ +missing +not made yet: captune submit --runtime\n/)
    expect(stdout).toContain('It was made on the built-in world')
    const images = join(world, 'p2_data/images/val')
    const output = join(place, 'graded.json')
    expect(
      await bash(join(root, 'hw3_2.sh'), [images, output, join(world, 'p2_data/decoder_model.bin')], { cwd: place }),
    ).toMatchObject({ code: 0 })
    const { stdout: captions } = await command('caption', 'day/lora', '--images', images)
    expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual(JSON.parse(captions))
  })

  it('hosts what a machine without Node needs, where a stranger can fetch it', async () => {
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

    commit()
    writeFileSync(join(root, 'hw3_r12345678.pdf'), 'the report')
    commit()
    const { code, stdout, stderr } = await command('check', '--fresh', '--json')
    expect(code).toBe(3)
    expect(stderr).toBe('2 of 22 checks fail. At stake: problems 1 and 2, problem 2.\n')
    const verdicts = verdictsOf(stdout)
    expect(verdicts).toMatchObject({
      'the scripts run python3, as the course asks': 'fail: they run TypeScript by Node',
      "the captioner was trained beside the course's decoder": 'fail: it was trained on the built-in world',
      'the report is there as hw3_<studentID>.pdf': 'pass: hw3_r12345678.pdf',
      'Node and the program reach a machine that has neither': 'pass: hw3_download.sh fetches them',
      'everything is committed and pushed': 'advice: this branch was never pushed',
      'hw3_1.sh writes a label for every image, in time': expect.stringMatching(/^pass: 2500 images would take/) as string,
      'hw3_1.sh labels all validation images of problem 1 in a clone': expect.stringMatching(
        /^pass: .*accuracy ([01]\.\d+) \(the run's \1\)$/,
      ) as string,
      'hw3_2.sh captions all validation images of problem 2 in a clone': expect.stringMatching(
        /^pass: .*CIDEr (\d\.\d+) \(the run's \1\), CLIPScore (\d\.\d+) \(the run's \2\)$/,
      ) as string,
    })
  })
})
