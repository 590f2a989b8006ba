// The rules on checkouts made for them: each is broken once, alone.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { floats } from '../../../src/base/nd-array.ts'
import { readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { trainedLimit } from '../../../src/peft/trainable.ts'
import { openCheckout, results, type Check } from '../../../src/submission/check.ts'
import * as models from '../../../src/submission/checks/models.ts'
import * as repository from '../../../src/submission/checks/repository.ts'
import * as trials from '../../../src/submission/checks/sample-runs.ts'
import * as scripts from '../../../src/submission/checks/scripts.ts'
import { readSubmission, writeSubmission, type Submission } from '../../../src/submission/submission.ts'

const place = mkdtempSync(join(tmpdir(), 'captune-rules-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const trained = 'weights/shapes/captioner.safetensors'
const committed = ['hw3_1.sh', 'hw3_2.sh', 'hw3_download.sh', 'configs/submission.yaml', trained]
let root: string
let made = 0

beforeEach(() => {
  root = join(place, String(made++))
  for (const path of committed) cpSync(fromRoot(path), join(root, path))
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'user.email', 'student@example.org')
  git('config', 'user.name', 'Student')
  commit()
})

const git = (...args: string[]) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' })
const commit = () => [git('add', '--all'), git('commit', '--quiet', '--message', 'x')]
const write = (path: string, text = '') => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const submit = (change: (submission: Submission) => Submission) => {
  const path = join(root, 'configs/submission.yaml')
  writeSubmission(change(readSubmission(path)), path)
}
/** A safetensors file of one tensor that takes no place on the disk. */
const writeHollow = (path: string, shape: readonly [number, number]) => {
  const bytes = 2 * shape[0] * shape[1]
  const header = JSON.stringify({ x: { dtype: 'F16', shape, data_offsets: [0, bytes] } })
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  writeFileSync(path, Buffer.concat([length, Buffer.from(header)]))
  truncateSync(path, 8 + header.length + bytes)
}
const look = async (check: Check) => {
  for await (const { verdict, found } of results([check], openCheckout(root))) return `${verdict}: ${found}`
  return ''
}

describe('the scripts', () => {
  it('must be there, committed, valid and within the rules', async () => {
    expect(await look(scripts.scriptsAreThere)).toBe('pass: hw3_1.sh, hw3_2.sh, hw3_download.sh')
    expect(await look(scripts.scriptsUseAllowedCommands)).toMatch(/^pass/)
    expect(await look(scripts.scriptsAreShell)).toMatch(/^pass/)
    expect(await look(scripts.nothingNamesAPlace)).toMatch(/^pass/)
    write('hw3_1.sh', 'if true; then\nmkdir out && cd out\nsudo /usr/bin/python3 x.py\n')
    rmSync(join(root, 'hw3_2.sh'))
    expect(await look(scripts.scriptsAreThere)).toBe('fail: hw3_2.sh missing')
    expect(await look(scripts.scriptsUseAllowedCommands)).toBe('fail: hw3_1.sh uses sudo; hw3_1.sh uses mkdir; hw3_1.sh uses cd')
    expect(await look(scripts.scriptsAreShell)).toMatch(/^fail: .*hw3_1\.sh: .*syntax error/)
    expect(await look(scripts.nothingNamesAPlace)).toBe('fail: hw3_1.sh: /usr/bin/python3')
  })

  it('may speak of a forbidden command in a comment and use words that contain one', () => {
    expect(scripts.forbiddenIn('#!/bin/sh\n# no rm here\nrmdir-like --cd-rate "$cp_x" model.mv $cdr # mv\n')).toEqual([])
    expect(scripts.forbiddenIn('x=$(cd "$d" && pwd); CUDA_VISIBLE_DEVICES=0 /bin/rm -r "$x"')).toEqual([
      'rm',
      'CUDA_VISIBLE_DEVICES',
      'cd',
    ])
  })

  it('may not run what lies at a place of this machine', async () => {
    submit(({ classes, ...rest }) => ({
      ...rest,
      classes: { ...classes, clip: { ...classes.clip, weights: '/home/me/clip.pt' } },
    }))
    expect(await look(scripts.nothingNamesAPlace)).toBe('fail: configs/submission.yaml: /home/me/clip.pt')
  })

  it('find absolute paths but for /dev/null', () => {
    expect(scripts.absoluteIn('#!/bin/sh\nx "$here/runtime/node" >/dev/null 2>&1\ncase $0 in */*) ;; esac\n')).toEqual([])
    expect(scripts.absoluteIn('python3 x.py --w=/home/me/w.pt "/mnt/a" ~/b\n')).toEqual(['/home/me/w.pt', '/mnt/a', '~/b'])
  })
})

describe('the repository', () => {
  it('must hold one report under its name', async () => {
    expect(await look(repository.reportIsThere)).toBe('fail: no hw3_<studentID>.pdf in the root')
    write('hw3_r12345678.pdf')
    expect(await look(repository.reportIsThere)).toBe('fail: hw3_r12345678.pdf is not committed')
    commit()
    expect(await look(repository.reportIsThere)).toBe('pass: hw3_r12345678.pdf')
    write('hw3_me.pdf')
    expect(await look(repository.reportIsThere)).toBe('fail: hw3_me.pdf, hw3_r12345678.pdf')
  })

  it('must hold neither large files nor the data set', async () => {
    expect(await look(repository.filesAreSmall)).toBe('pass: 5 files')
    write('large.pt')
    truncateSync(join(root, 'large.pt'), 50_000_001)
    write('hw3_data/p2_data/val.json')
    git('add', '--all')
    expect(await look(repository.filesAreSmall)).toBe('fail: large.pt')
    expect(await look(repository.dataIsNotCommitted)).toBe('fail: 1 files of it, hw3_data/p2_data/val.json first')
  })

  it('should be committed and pushed', async () => {
    expect(await look(repository.everythingIsPushed)).toBe('advice: this branch was never pushed')
    const server = `${root}.git`
    spawnSync('git', ['init', '--quiet', '--bare', server])
    git('remote', 'add', 'origin', server)
    git('push', '--quiet', '--set-upstream', 'origin', 'main')
    expect(await look(repository.everythingIsPushed)).toBe('pass: as on the server')
    write('new.txt')
    expect(await look(repository.everythingIsPushed)).toBe('advice: 1 files changed or new: new.txt')
    commit()
    expect(await look(repository.everythingIsPushed)).toBe('advice: not pushed: 1 commit')
  })

  it('runs another language than the course asks for, and says so', async () => {
    expect(await look(repository.pythonIsReplaced)).toBe('fail: they run TypeScript by Node')
  })
})

describe('the submission', () => {
  it('must be there and readable', async () => {
    write('configs/submission.yaml', 'classes: 3\ncaptions: 3\nfiles: []\n')
    expect(await look(models.decoderIsTheCourses)).toMatch(
      /^fail: .*submission\.yaml:1: "classes" is "3"; a mapping of options is needed$/,
    )
    rmSync(join(root, 'configs/submission.yaml'))
    expect(await look(models.fewParametersAreTrained)).toBe('fail: configs/submission.yaml is missing')
  })

  it('must train less than the limit, counted in the file, and save nothing else', async () => {
    expect(models.parameterLimit).toBe(trainedLimit)
    expect(await look(models.fewParametersAreTrained)).toBe(`pass: 397 824 in ${trained}`)
    expect(await look(models.onlyTrainedIsSaved)).toBe('pass: 64 tensors')
    const arrays = readSafetensors(join(root, trained)).readAll()
    writeSafetensors(join(root, trained), { ...arrays, 'wte.weight': floats([2, 2]), 'h.0.attn.c_attn.weight': floats([2, 2]) })
    expect(await look(models.onlyTrainedIsSaved)).toBe('fail: 2 of 66 belong to the frozen models, wte.weight first')
    writeHollow(join(root, trained), [5000, 7000])
    expect(await look(models.fewParametersAreTrained)).toBe(`fail: 35 000 000 in ${trained}`)
    rmSync(join(root, trained))
    expect(await look(models.fewParametersAreTrained)).toMatch(/^fail: .*captioner\.safetensors: .*missing/)
  })

  it("must not be the built-in world's", async () => {
    expect(await look(models.decoderIsTheCourses)).toBe('fail: it was trained on the built-in world')
    expect(await look(models.accuracyIsEnough)).toBe('advice: accuracy 0.994 on the built-in world')
    expect(await look(models.captionsAreGoodEnough)).toMatch(/^advice: CIDEr .* on the built-in world$/)
  })

  it("must reach the course's baselines", async () => {
    const scored = async (accuracy: number, cider: number, clipscore: number) => {
      submit(({ classes, captions, files }) => ({
        classes: { ...classes, accuracy },
        captions: { ...captions, built_in_world: false, scores: { cider, clipscore } },
        files,
      }))
      return [await look(models.accuracyIsEnough), await look(models.captionsAreGoodEnough)]
    }
    expect(await scored(0.7, 0.93, 0.72)).toEqual([
      'pass: accuracy 0.700',
      'pass: CIDEr 0.930, CLIPScore 0.720: simple and strong baseline',
    ])
    expect(await scored(0.64, 0.85, 0.72)).toEqual([
      'fail: accuracy 0.640',
      'fail: CIDEr 0.850, CLIPScore 0.720: the simple baseline alone',
    ])
    expect((await scored(0.7, 0.95, 0.6))[1]).toBe('fail: CIDEr 0.950, CLIPScore 0.600: no baseline')
  })

  it('must bring every file to the grader', async () => {
    const lacking = await look(models.filesReachTheGrader)
    expect(lacking).toBe(
      'fail: weights/shapes/clip.safetensors, weights/shapes/gpt2/encoder.json, weights/shapes/gpt2/vocab.bpe, weights/shapes/clip-vocabulary.txt.gz: neither',
    )
    for (const path of ['clip.safetensors', 'gpt2/encoder.json', 'gpt2/vocab.bpe']) write(`weights/shapes/${path}`)
    commit()
    expect(await look(models.filesReachTheGrader)).toBe('fail: weights/shapes/clip-vocabulary.txt.gz: neither')
    const file = {
      name: 'clip-vocabulary',
      path: 'weights/shapes/clip-vocabulary.txt.gz',
      bytes: 3,
      sha256: '0'.repeat(64),
      url: 'https://example.org/v',
    }
    submit((submission) => ({ ...submission, files: [file] }))
    expect(await look(models.filesReachTheGrader)).toBe('pass: 5 files, 1 of them hosted')
    expect(await look(models.filesAreAsListed)).toBe('pass: 1 files by their SHA-256')
    write(file.path, 'abc')
    expect(await look(models.filesAreAsListed)).toBe('fail: weights/shapes/clip-vocabulary.txt.gz changed since')
    expect(await look(models.nodeReachesTheGrader)).toMatch(/^fail/)
  })
})

describe('a trial of a script', () => {
  const script = (text: string) => write('hw3_1.sh', `for image in "$1"/*; do line="$line\n\${image##*/},0"; done\n${text}`)

  beforeEach(() => {
    submit(({ captions, ...rest }) => ({
      ...rest,
      captions: { ...captions, config: { ...captions.config, data: { root: 'data' } } },
    }))
  })

  it('is left out where there are no images', async () => {
    expect(await look(trials.problem1Runs)).toMatch(/^advice: not tried: there are no images in .*data\/p1_data\/val$/)
  })

  it('passes where every image gets its line, and tells what is wrong where not', async () => {
    for (let i = 0; i < 40; i++) write(`data/p1_data/val/0_${i}.png`)
    script('printf "filename,label$line\n" >"$3"')
    expect(await look(trials.problem1Runs)).toMatch(/^pass: 2500 images would take less than a minute here, 10 are allowed$/)
    script('printf "filename,label\n0_0.png,0\n" >"$3"')
    expect(await look(trials.problem1Runs)).toBe('fail: 0_18.png has no line')
    script('echo progress >&2; echo no weights >&2; exit 3')
    expect(await look(trials.problem1Runs)).toBe('fail: it ends with exit code 3: no weights')
  })
})
