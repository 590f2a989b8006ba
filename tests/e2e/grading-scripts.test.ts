// The grading scripts as a teaching assistant calls them: from anywhere, with whatever names, on whatever is in the folder.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { floats } from '../../src/base/nd-array.ts'
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.ts'
import { checkLabels } from '../../src/metrics/labels.ts'
import { readSubmission, writeSubmission } from '../../src/submission/submission.ts'
import { temporaryPlace, tinyWorld } from './captune.ts'
import { bareCheckout, bash, checkout } from './checkout.ts'

const place = temporaryPlace()
const here = join(place, 'where the grader stands')
const images = join(here, 'Bilder für heute')
const world = { classes: '', decoder: '' }
let repository: string
let before: readonly string[]

beforeAll(() => {
  const root = tinyWorld(place)
  const labelled = join(root, 'p1_data/val')
  mkdirSync(join(images, 'a folder'), { recursive: true })
  for (const file of readdirSync(labelled).slice(0, 3)) cpSync(join(labelled, file), join(images, file))
  cpSync(join(labelled, '7_0.png'), join(images, '7_0 (copy), "é".PNG'))
  writeFileSync(join(images, 'broken.jpg'), readFileSync(join(labelled, '7_0.png')).subarray(0, 60))
  writeFileSync(join(images, 'notes.txt'), 'not an image')
  world.classes = join(root, 'p1_data/id2label.json')
  world.decoder = join(root, 'p2_data/decoder_model.bin')
  // with a name that needs quotes, without what grading does not need, and not the grader's to write into
  repository = checkout(join(place, 'the repository'), ['better-sqlite3', 'commander', 'ink', 'react', 'tsx'])
  before = filesOf(repository)
  chmodSync(here, 0o777)
  lock(0o555)
})

const script = (name: string, root = repository) => join(root, name)
const filesOf = (root: string) =>
  readdirSync(root, { recursive: true }).filter((path): path is string => !String(path).startsWith('node_modules'))
const lock = (mode: number) => {
  for (const folder of ['.', 'configs', 'weights', 'dist']) chmodSync(join(repository, folder), mode)
}
/** Where a grader stands who owns nothing and has set nothing. */
const around = { cwd: here, env: { PATH: process.env['PATH'] }, ...(process.getuid?.() === 0 ? { uid: 65534 } : {}) }
const captionsIn = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
const stems = ['0_0', '10_0', '11_0', '7_0 (copy), "é"', 'broken']

describe('hw3_1.sh', () => {
  it('writes a line for every image, makes missing folders, and tells on stderr alone what it left out or could not read', async () => {
    const { code, stdout, stderr } = await bash(
      '../the repository/hw3_1.sh',
      ['Bilder für heute/', world.classes, 'new/out put/p1.csv'],
      around,
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain('broken.jpg: the image is damaged (corrupt header); an intact file is needed. It gets class 0.')
    expect(stderr).toContain('"notes.txt" is left out')
    const text = readFileSync(join(here, 'new/out put/p1.csv'), 'utf8')
    expect(text.split('\n').slice(0, 4)).toEqual(['filename,label', '0_0.png,0', '10_0.png,10', '11_0.png,11'])
    expect(text).toContain('\n"7_0 (copy), ""é"".PNG",7\n')
    expect(text).toContain('\nbroken.jpg,0\n')
    expect(text.split('\n')).toHaveLength(7)
    expect(checkLabels(text.replace(/"7_0.*\n/, ''), 'p1.csv').errors).toEqual([])
  })

  it('says in one sentence what is missing', async () => {
    expect(await bash(script('hw3_1.sh'), ['images'], { cwd: here })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^1 arguments were given; three are needed:\nhw3_1\.sh IMAGES ID2LABEL OUT\.csv\n/) as string,
    })
    const bare = bareCheckout(join(place, 'bare'))
    const noNode = { cwd: here, env: { PATH: join(place, 'nothing') } }
    expect(await bash(script('hw3_1.sh', bare), [images, world.classes, 'x.csv'], noNode)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'hw3_1.sh: there is no Node 20 or newer here; run `bash hw3_download.sh` first, which fetches one.\n',
    })
    expect((await bash(script('hw3_2.sh', bare), [images, 'x.json', world.decoder], { cwd: here })).stderr).toMatch(
      /grade\.js is missing; run `bash hw3_download\.sh` first, or `npm ci` in .*bare\.\n$/,
    )
  })
})

describe('hw3_2.sh', () => {
  it('writes a caption for every image under its name without extension', async () => {
    const { code, stdout, stderr } = await bash(script('hw3_2.sh'), [images, 'p2.json', world.decoder], around)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    const captions = captionsIn(join(here, 'p2.json'))
    expect(Object.keys(captions).sort()).toEqual([...stems].sort())
    const { fallback } = readSubmission().captions
    expect(captions['broken']).toBe(fallback)
    expect(stderr).toContain(
      `broken.jpg: the image is damaged (corrupt header); an intact file is needed. Its caption is "${fallback}".`,
    )
    expect(stderr).not.toContain('BUILT-IN')
    expect(captions['0_0']).toMatch(/\w+ \w+/)
  })

  it('has written nothing beside the program, nor anywhere but where it was asked to', () => {
    expect(filesOf(repository)).toEqual(before)
    expect(readdirSync(here).sort()).toEqual(['Bilder für heute', 'new', 'p2.json'])
  })

  it('refines greedy captions while time remains, and is complete whenever it is killed', async () => {
    lock(0o755)
    const path = script('configs/submission.yaml')
    const committed = readFileSync(path)
    const { captions: submitted, ...rest } = readSubmission(path)
    const { max_length, batch } = submitted.config.decode
    const beam = {
      strategy: 'beam',
      beams: 4,
      length_penalty: 1,
      early_stopping: false,
      no_repeat_ngram: 2,
      min_length: 8,
    } as const
    const config = { ...submitted.config, decode: { max_length, batch, ...beam } }
    const caption = async (minutes: number, output: string) => {
      writeSubmission({ ...rest, captions: { ...submitted, config, minutes } }, path)
      const { code, stderr } = await bash(script('hw3_2.sh'), [images, output, world.decoder], { cwd: here })
      expect(code).toBe(0)
      return { captions: captionsIn(join(here, output)), stderr }
    }
    const greedy = await caption(0.001, 'greedy.json')
    expect(greedy.captions).toEqual(captionsIn(join(here, 'p2.json')))
    expect(greedy.stderr).not.toContain('beam')
    const refined = await caption(40, 'refined.json')
    expect(refined.stderr).toContain('captions, beam: 4/4 captions')
    expect(refined.captions).not.toEqual(greedy.captions)

    const output = join(here, 'killed.json')
    await bash(script('hw3_2.sh'), [images, output, world.decoder], {
      cwd: here,
      started: (kill) => void untilThere(output).then(() => kill('SIGKILL')),
    })
    expect(Object.keys(captionsIn(output)).sort()).toEqual([...stems].sort())
    writeFileSync(path, committed)
  })

  it('says loudly that a submission of the built-in world is used with another decoder, and stops where they do not fit', async () => {
    const decoder = readSafetensors(script('weights/shapes/decoder.safetensors'))
    const arrays = decoder.readAll()
    const other = join(place, 'another decoder.safetensors')
    writeSafetensors(other, { ...arrays, 'ln_f.bias': floats(arrays['ln_f.bias']!.shape) }, decoder.metadata)
    const fits = await bash(script('hw3_2.sh'), [images, 'other.json', other], { cwd: here })
    expect(fits.code).toBe(0)
    expect(fits.stderr).toContain('THIS SUBMISSION WAS MADE ON THE BUILT-IN WORLD, not with this decoder')

    const wte = arrays['wte.weight']!
    writeSafetensors(other, { ...arrays, 'wte.weight': floats([wte.shape[0]! + 1, wte.shape[1]!]) }, decoder.metadata)
    rmSync(join(here, 'other.json'))
    const misfit = await bash(script('hw3_2.sh'), [images, 'other.json', other], { cwd: here })
    expect(misfit.code).toBe(2)
    expect(misfit.stderr).toMatch(/both must come from the same model\.\nThis submission was made on the built-in world/)
    expect(existsSync(join(here, 'other.json'))).toBe(false)
  })
})

async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await after(5)
}
