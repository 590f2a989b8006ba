import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'
import { captuneHere } from './captune-here.ts'
import { temporaryPlace, tinyWorld, type Ended } from './captune.ts'
import { theRun } from './records.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
let world: string
let human: Record<string, string[]>

const command = (...args: string[]): Promise<Ended> => captuneHere(args, { runs, cwd: place })
const annotations = () => join(world, 'p2_data/val.json')
const judged = () => [
  ...['--images', join(world, 'p2_data/images/val')],
  ...['--clip', fromRoot('weights/shapes/clip.safetensors')],
  ...['--clip-vocabulary', fromRoot('weights/shapes/clip-vocabulary.txt.gz')],
]

/** A predictions file that says of each image what `caption` makes of its human captions. */
function predictions(name: string, caption: (texts: string[], i: number) => string): string {
  const entries = Object.entries(human).map(([stem, texts], i) => [stem, caption(texts, i)])
  writeFileSync(join(place, name), JSON.stringify(Object.fromEntries(entries)))
  return name
}

beforeAll(() => {
  world = tinyWorld(place)
  const { images, annotations: captions } = JSON.parse(readFileSync(annotations(), 'utf8')) as {
    images: { id: number; file_name: string }[]
    annotations: { image_id: number; caption: string }[]
  }
  human = Object.fromEntries(
    images.map(({ id, file_name }) => [
      file_name.replace(/\.[^.]*$/, ''),
      captions.filter(({ image_id }) => image_id === id).map(({ caption }) => caption),
    ]),
  )
})

describe('captune evaluate, of files', () => {
  it("prints the course's line first, then all scores with intervals, and takes the course's option names", async () => {
    const pred = predictions('good.json', ([first]) => first!)
    const theirNames = judged().map((word) => (word === '--images' ? '--images_root' : word))
    const args = ['evaluate', '--pred_file', pred, '--annotation_file', annotations(), ...theirNames]
    const { code, stdout } = await command(...args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^CIDEr: \d+\.\d+ \| CLIPScore: \d\.\d+\n\nmetric +score +95 % interval\n/)
    expect(stdout).toMatch(/\nBLEU-4 +\d\.\d{4} +\[\d\.\d{3}, \d\.\d{3}\]\n/)
    expect(stdout).toMatch(
      /\n12 images, 60 human captions; .*\nCLIPScore: the course's variant \(no prompt\), judged by .*clip\.safetensors\.\n$/,
    )
  })

  it('compares two files: difference, interval, images won, and where they differ most', async () => {
    const good = predictions('good.json', ([first]) => first!)
    const bad = predictions('bad.json', (_, i) => (i === 0 ? 'nothing \u001b[31mred' : 'a dark picture'))
    const { code, stdout } = await command(
      'evaluate',
      '--pred',
      good,
      '--against',
      bad,
      '--annotations',
      annotations(),
      '--per-image',
      'all.csv',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nA {2}good\.json\nB {2}bad\.json\n\n/)
    expect(stdout).toMatch(/\nCIDEr +\d\.\d+ +\d\.\d+ +\+\d\.\d+ +\[\+\d\.\d+, \+\d\.\d+\] +100 % +0 % +A better\n/)
    expect(stdout.match(/\n {2}A .*\n {2}B /g)).toHaveLength(5)
    expect(stdout).not.toContain('\u001b')
    const [header, ...rows] = readFileSync(join(place, 'all.csv'), 'utf8').trimEnd().split('\r\n')
    expect(header).toMatch(/^image,caption,cider,bleu1,.*,rougeL,other_caption,other_cider,/)
    expect(rows).toHaveLength(12)
    const json = JSON.parse(
      (await command('evaluate', '--pred', good, '--against', bad, '--annotations', annotations(), '--json')).stdout,
    ) as {
      comparison: { cider: { won: number; images: unknown[] } }
    }
    expect(json.comparison.cider.won).toBe(1)
    expect(json.comparison.cider.images).toHaveLength(5)
  })

  it('states the variant, and is 0 or 3 for a caption at which the course would stop', async () => {
    const long = predictions('long.json', ([first], i) => (i === 3 ? 'red star '.repeat(80) : first!))
    const args = ['evaluate', '--pred', long, '--annotations', annotations(), ...judged(), '--metrics', 'clip']
    const course = await command(...args)
    expect(course.code).toBe(3)
    expect(course.stdout).toMatch(/^CLIPScore: \d/)
    expect(course.stderr).toMatch(
      new RegExp(`long\\.json: longer than CLIP's context and cut for CLIPScore: ${Object.keys(human)[3]!}; the course's`),
    )
    const paper = await command(...args, '--clip-variant', 'paper')
    expect(paper.code).toBe(0)
    expect(paper.stdout).toMatch(/\nRefCLIPScore +\d[^]*the paper's variant \("A photo depicts" before every text\)/)
  })

  it('says what is needed where something is missing', async () => {
    const pred = predictions('good.json', ([first]) => first!)
    const without = await command('evaluate', '--pred', pred, '--annotations', annotations(), '--metrics', 'clip')
    expect(without).toMatchObject({ code: 2, stderr: 'evaluate: CLIPScore compares captions with images; --images is needed.\n' })
    expect((await command('evaluate', '--metrics', 'cidre')).stderr).toContain('some of cider, bleu, rouge, clip are needed.')
  })

  it('scores problem 1, and tells the classes where images are lost', async () => {
    const folder = join(world, 'p1_data/val')
    const lines = readdirSync(folder).map((file, i) => `${file},${i === 0 ? 49 : file.split('_')[0]!}`)
    writeFileSync(join(place, 'pred.csv'), `filename,label\n${lines.join('\n')}\n`)
    const classes = ['--classes', join(world, 'p1_data/id2label.json')]
    const { code, stdout } = await command('evaluate', '--pred', 'pred.csv', '--images', folder, ...classes)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^accuracy: 0\.98\n49 of 50 images right; 95 % interval \[0\.\d+, 1\.000\]\.\n\nclass +accuracy/)
    expect(stdout).toMatch(/0 red circle +0 % +0\/1 +49 \w+ \w+ \(1\)\n$/)
  })
})

describe('captune runs add', () => {
  it("puts any program's predictions into the table, from which they can be taken and put back", async () => {
    const pred = predictions('theirs.json', ([, second]) => second!)
    const added = await command(
      'runs',
      'add',
      'pytorch',
      '--pred',
      pred,
      '--annotations',
      annotations(),
      ...judged(),
      '--trained',
      '1234',
    )
    expect(added).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^CIDEr: \d.* \| CLIPScore: \d.*\nexternal-pytorch-s1-/) as string,
    })
    const { id } = theRun(runs)
    expect((await command('runs')).stdout).toMatch(new RegExp(`\\n${id} +pytorch .*1 234 .* finished\\n`))
    expect((await command('evaluate', 'external/pytorch')).stdout.split('\n')[0]).toBe(added.stdout.split('\n')[0])
    expect((await command('runs', 'hide', 'external/pytorch')).stdout).toContain(`captune runs show ${id}`)
    expect((await command('runs')).stdout).toMatch(/^No runs yet/)
    await command('runs', 'show', id)
    expect((await command('runs')).stdout).toContain(id)
  })
})
