import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'
import { captuneHere } from './captune-here.ts'
import { config, startCaptune, temporaryPlace, tiny, tinyWorld, type Ended } from './captune.ts'
import { bytesBelow, theRun, untilFile } from './records.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
let world: string
let id: string

const command = (...args: string[]): Promise<Ended> => captuneHere(args, { runs, cwd: place })

/** One trained run for all of this file. */
beforeAll(async () => {
  world = tinyWorld(place)
  const { code, stderr } = await command('train', config('none'), ...tiny(world), '--study', 'tiny', '--attempt', 'plain')
  if (code !== 0) throw new Error(stderr)
  id = theRun(runs).id
})

describe('captune --help', () => {
  it('lists the commands and the exit codes; that of each command shows an example', async () => {
    const { code, stdout } = await command('--help')
    expect(code).toBe(0)
    expect(stdout).toContain('Exit codes: 0 done')
    const [, list] = /\nCommands:\n((?: {2}.*\n)+)/.exec(stdout)!
    const names = [...list!.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name!).filter((name) => name !== 'help')
    const promised = ['data', 'pretrain', 'encode', 'explain', 'train', 'study', 'caption', 'evaluate', 'runs', 'doctor']
    expect(names).toEqual(expect.arrayContaining(promised))
    for (const name of names) {
      const help = await command(name, '--help')
      expect(help.code).toBe(0)
      expect(help.stdout).toMatch(new RegExp(`\\nExamples?:\\n  captune ${name}`))
    }
  })

  it('is offered with exit code 2 to who mistypes a command, an option or leaves an argument out', async () => {
    expect(await command('trian')).toMatchObject({ code: 2, stderr: "error: unknown command 'trian'\n(Did you mean train?)\n" })
    expect(await command('runs', '--jsno')).toMatchObject({
      code: 2,
      stderr: "error: unknown option '--jsno'\n(Did you mean --json?)\n",
    })
    expect(await command('train')).toMatchObject({ code: 2, stderr: "error: missing required argument 'config'\n" })
    const jobs = await command('study', 'x.yaml', '--jobs', 'many')
    expect(jobs).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("argument 'many' is invalid. a whole number is needed.") as string,
    })
  })
})

describe('captune runs', () => {
  it('prints a table for people, for Markdown, for spreadsheets and for programs', async () => {
    expect((await command('runs')).stdout).toMatch(
      new RegExp(`^run .*\\n.*\\n${id} +plain +none .* finished\\nScored once on all 12`),
    )
    expect((await command('runs', '--md')).stdout).toMatch(
      new RegExp(`^\\| run \\| attempt .*\\n\\| :?--- .*\\n\\| ${id} \\| plain \\|`),
    )
    expect((await command('runs', '--csv')).stdout).toMatch(new RegExp(`^run,attempt,PEFT,.*\\r\\n${id},plain,none,`))
    const [row] = JSON.parse((await command('runs', '--json')).stdout) as Record<string, unknown>[]
    expect(row).toMatchObject({ run: { id, state: 'finished' }, method: 'none', trained: 265_216, epoch: 1, images: 12 })
  })

  it('shows those of one study and says where there are none', async () => {
    expect((await command('runs', '--study', 'tiny', '--csv')).stdout.split('\r\n')).toHaveLength(3)
    expect(await captuneHere(['runs'], { runs: join(place, 'nothing') })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No runs yet.') as string,
    })
    expect(existsSync(join(place, 'nothing'))).toBe(false)
  })
})

describe('captune caption', () => {
  it('captions a folder in the format of the grader, to a file or to the terminal', async () => {
    const images = join(world, 'p3_data/images')
    const printed = await command('caption', 'tiny/plain', '--images', images)
    expect(printed.code).toBe(0)
    const captions = JSON.parse(printed.stdout) as Record<string, string>
    expect(Object.keys(captions)).toHaveLength(5)
    expect(Object.values(captions).every((caption) => typeof caption === 'string')).toBe(true)
    expect(await command('caption', id.slice(0, 12), '--images', images, '--output', 'out/captions.json')).toMatchObject({
      code: 0,
      stdout: '',
    })
    expect(JSON.parse(readFileSync(join(place, 'out/captions.json'), 'utf8'))).toEqual(captions)
  })

  it('says the same of the validation images as the run did', async () => {
    const { stdout } = await command('caption', 'tiny/plain', '--images', join(world, 'p2_data/images/val'))
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(join(runs, id, 'predictions/val.json'), 'utf8')))
  })
})

describe('captune attend', () => {
  it('draws where each word of each caption looked, and prints where the pictures are', async () => {
    const images = join(world, 'p3_data/images')
    const output = join(place, 'maps')
    const { code, stdout } = await command('attend', id, '--images', images, '--output', output, '--layer', 'rollout')
    expect(code).toBe(0)
    const captions = JSON.parse((await command('caption', id, '--images', images)).stdout) as Record<string, string>
    expect(stdout.trimEnd().split('\n')).toEqual(
      Object.entries(captions).map(([stem, caption]) => `maps/${stem}.png  ${caption}`),
    )
    for (const [stem, caption] of Object.entries(captions)) {
      expect(readFileSync(join(output, `${stem}.svg`), 'utf8')).toContain(caption.split(' ')[0])
      expect(existsSync(join(output, `${stem}.safetensors`))).toBe(true)
    }
  })

  it('refuses a layer that is not there and a word that is none', async () => {
    const images = ['--images', join(world, 'p3_data/images'), '--output', join(place, 'maps')]
    expect(await command('attend', id, ...images, '--layer', '9')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('layer 9: the decoder looks at images in the layers 0, 1, 2, 3; one of these') as string,
    })
    expect((await command('attend', id, ...images, '--head', 'half')).stderr).toContain('mean or a number is needed.')
  })
})

describe('captune evaluate', () => {
  const clip = [
    '--clip',
    fromRoot('weights/shapes/clip.safetensors'),
    '--clip-vocabulary',
    fromRoot('weights/shapes/clip-vocabulary.txt.gz'),
  ]

  it("gives a run's scores again, and the same for its file as for anybody's", async () => {
    const [row] = JSON.parse((await command('runs', '--json')).stdout) as { cider: number; clipscore: number }[]
    const line = `CIDEr: ${row!.cider} | CLIPScore: ${row!.clipscore}`
    const first = async (...args: string[]) => (await command('evaluate', ...args)).stdout.split('\n')[0]
    expect(await first('tiny/plain')).toBe(line)
    const files = ['--pred', join(runs, id, 'predictions/val.json'), '--annotations', join(world, 'p2_data/val.json')]
    expect(await first(...files, '--images', join(world, 'p2_data/images/val'), ...clip)).toBe(line)
    expect(await first(...files)).toBe(`CIDEr: ${row!.cider}`)
  })

  it('scores the same captions against other images, and the best constant caption', async () => {
    const { code, stdout } = await command('evaluate', 'tiny/plain', '--shuffled', '--json')
    expect(code).toBe(0)
    const { images, rows } = JSON.parse(stdout) as {
      images: number
      rows: { captions: string; cider: number; clipscore: number }[]
    }
    expect(images).toBe(12)
    expect(rows.map(({ captions }) => captions)).toEqual([
      'its own image',
      'another image (shuffled)',
      expect.stringMatching(/^one caption for all: "\w.*"$/),
    ])
    expect((await command('evaluate', 'tiny/plain', '--shuffled', '--json')).stdout).toBe(stdout)
  })
})

describe('captune explain', () => {
  it('shows each value with its origin, and the count against the limit', async () => {
    const file = join(place, 'small.yaml')
    const text = readFileSync(config('lora'), 'utf8').replace('  alpha: 16\n', '')
    writeFileSync(file, text)
    const line = text.split('\n').indexOf('  type: lora') + 1
    const { code, stdout } = await command('explain', file, 'peft.rank=4', '--no-measure')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\npeft\.rank +4 +command line +\S/)
    expect(stdout).toMatch(/\npeft\.alpha +16 +default +\S/)
    expect(stdout).toMatch(new RegExp(String.raw`\npeft\.type +lora +\S+small\.yaml:${line} +\S`))
    expect(stdout).toMatch(
      /\ncross-attention +264 192 +cross_attention\.width\n.*\nlora +8 192 +peft\.rank\ntrained +273 408 +0\.8 % of the limit of 35 000 000\n/,
    )
  })

  it('measures what a run will take', async () => {
    const { code, stdout } = await command('explain', config('prefix'), ...tiny(world))
    expect(code).toBe(0)
    expect(stdout).toMatch(/\ntraining +\S+ m?s +8 steps of \d+ ms\n/)
    expect(stdout).toMatch(/features \d+ kB on disk, memory \S+ [MG]i?B\.\n$/)
  })

  it('lists every option there is', async () => {
    expect((await command('explain', '--options')).stdout).toMatch(/peft\.bottleneck/)
  })
})

describe('captune doctor', () => {
  it('names engines, their versions and what is in place', async () => {
    const { code, stdout } = await command('doctor')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\n {2}onnx +1\.\d+\.\d+; devices cpu.*; up to \d+ threads\n/)
    expect(stdout).toMatch(/\n {2}tensorflow +/)
    expect(stdout).toMatch(/\n {2}chosen +onnx /)
    expect(stdout).toContain(`${join(runs, 'runs.db')} 1 runs`)
  })
})

describe('captune encode', () => {
  const encode = () => ['encode', config('none'), ...tiny(world)]
  const whole = join(place, 'encoded')

  it('fills the cache once', async () => {
    const first = await captuneHere(encode(), { runs: whole })
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^train: 32 images, \[65, 128\] each, \d+ kB\nval: 12 images, \[65, 128\] each, \d+ kB\n$/)
    expect(first.stderr).toContain('features of train: 32/32 images')
    expect(await captuneHere(encode(), { runs: whole })).toMatchObject({ code: 0, stdout: first.stdout, stderr: '' })
  })

  it('exits with 130 at Ctrl-C, and goes on to the same bytes', async () => {
    const broken = join(place, 'interrupted')
    const running = startCaptune(encode(), { runs: broken })
    await untilFile(broken, 'writer.lock')
    running.signal('SIGINT')
    const { code, stderr } = await running.ended
    expect(stderr).toMatch(/stopped after the features of \d+ of \d+ images; the same command continues from there\.\n$/)
    expect(code).toBe(130)
    expect(await captuneHere(encode(), { runs: broken })).toMatchObject({ code: 0 })
    expect(bytesBelow(join(broken, 'features'))).toEqual(bytesBelow(join(whole, 'features')))
  })
})

describe('captune pretrain', () => {
  it('makes a decoder and its vocabulary from the world alone, the same bytes each time', async () => {
    for (const name of ['one', 'two']) {
      const folder = join(place, name)
      const files = ['--output', join(folder, 'decoder.safetensors'), '--vocabulary', join(folder, 'gpt2')]
      expect(await command('pretrain', 'decoder', '--steps', '3', ...files)).toMatchObject({ code: 0 })
    }
    for (const file of ['decoder.safetensors', 'gpt2/encoder.json', 'gpt2/vocab.bpe'])
      expect(readFileSync(join(place, 'one', file)).equals(readFileSync(join(place, 'two', file)))).toBe(true)
  })
})
