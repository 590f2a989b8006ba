// Studies that train nothing: prompts compared on labelled images, and ways of decoding compared on one trained run.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'
import { captuneHere } from './captune-here.ts'
import { config, startCaptune, temporaryPlace, tiny, tinyWorld } from './captune.ts'
import { rowsOf } from './records.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
let world: string

beforeAll(() => {
  world = tinyWorld(place)
})

function study(name: string, content: object): string {
  const path = join(place, `${name}.yaml`)
  writeFileSync(path, JSON.stringify({ name, ...content }))
  return path
}

describe('a study of prompts', () => {
  let command: (...more: string[]) => ReturnType<typeof captuneHere>

  beforeAll(() => {
    const attempts = {
      photo: { 'prompts.templates': ['a photo of a {object}'] },
      two: { 'prompts.templates': ['a {}', 'one {}'] },
    }
    const file = study('asked', { kind: 'classify', base: fromRoot('configs/shapes/classify.yaml'), attempts })
    command = (...more) => captuneHere(['study', file, `data.root=${world}`, ...more], { runs })
  })

  it('is planned, executed and found done', async () => {
    const plan = await command('--dry-run')
    expect(plan.stdout).toMatch(/\nphoto +0 +asked-photo-s0-[0-9a-f]{8} +missing\ntwo .* missing\n2 of 2 runs to do\.\n$/)
    const { code, stdout, stderr } = await command('--jobs', '2')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nphoto +a photo of a \{object\} +[01]\.\d{3}.* finished\ntwo +2 templates .* finished\nScored once on all 50 labelled images/) // prettier-ignore
    expect(stderr.match(/features of images to classify: 50\/50/g)).toHaveLength(1)
    const before = rowsOf(runs)
    expect((await command()).stdout).toBe(stdout)
    expect(rowsOf(runs)).toEqual(before)
  })
})

describe('captune classify', () => {
  it('does a run that was killed midway again, with the same result', async () => {
    const hurt = join(place, 'hurt')
    const prompts = "prompts.templates=['a photo of a {object}']" // as the study above asked
    const args = ['classify', fromRoot('configs/shapes/classify.yaml'), `data.root=${world}`, prompts]
    const { ended, signal } = startCaptune(args, { runs: hurt })
    while (!existsSync(join(hurt, 'features'))) await after(2)
    signal('SIGKILL')
    expect((await ended).code).toBe(null)
    const [killed] = rowsOf(hurt)
    expect(killed).toMatchObject({ state: 'crashed' })
    expect(existsSync(join(hurt, killed!.id, 'predictions'))).toBe(false)

    expect((await captuneHere(args, { runs: hurt })).code).toBe(0)
    expect(rowsOf(hurt)).toMatchObject([{ id: killed!.id, state: 'finished' }])
    const calm = rowsOf(runs).find(({ attempt }) => attempt === 'photo')!
    for (const file of ['predictions/val.csv', 'predictions/val-top5.json', 'scores/val-confusion.csv'])
      expect(readFileSync(join(hurt, killed!.id, file), 'utf8')).toBe(readFileSync(join(runs, calm.id, file), 'utf8'))
  })

  it('labels any folder from anywhere, and scores it where the names tell the classes', async () => {
    const args = ['classify', '--images', `${world}/p1_data/val/`, '--labels', join(world, 'p1_data/id2label.json')]
    const { code, stdout } = await captuneHere([...args, '--output', 'deep/er/pred.csv'], { runs, cwd: place })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^accuracy: (1|0\.9\d*)\n/)])
    const csv = readFileSync(join(place, 'deep/er/pred.csv'), 'utf8')
    expect(csv).toMatch(/^filename,label\n0_0\.png,0\n/)
    expect(rowsOf(runs)).toHaveLength(2)
  })
})

describe('a study of decodings', () => {
  it('captions validation again with what a run has learned, and trains nothing', async () => {
    expect((await captuneHere(['train', config('none'), ...tiny(world)], { runs })).code).toBe(0)
    const file = study('spoken', {
      kind: 'decode',
      run: 'single/none',
      attempts: { greedy: { decode: 'greedy' }, beam: { decode: 'beam:2' } },
    })
    const { code, stdout } = await captuneHere(['study', file], { runs })
    expect(code).toBe(0)
    expect(stdout).toMatch(/\ngreedy +greedy +\S+ .* finished\nbeam +beam 2 +\S+ .* finished\nScored once on all 12 validation images .*decoded=single-none-s1/) // prettier-ignore
    const [greedy, trained] = ['spoken-greedy', 'single-none'].map((start) =>
      rowsOf(runs).find(({ id }) => id.startsWith(start))!,
    )
    const predictions = ({ id }: { id: string }) => readFileSync(join(runs, id, 'predictions/val.json'), 'utf8')
    expect(predictions(greedy!)).toBe(predictions(trained!))
    expect(greedy).toMatchObject({ kind: 'decode', parent: trained!.id })
    const captioned = await captuneHere(['caption', 'spoken/beam', '--images', join(world, 'p2_data/images/val')], { runs })
    const beam = rowsOf(runs).find(({ attempt }) => attempt === 'beam')!
    expect(JSON.parse(captioned.stdout)).toEqual(JSON.parse(predictions(beam)))

    rmSync(join(runs, trained!.id, 'best.safetensors'))
    const without = await captuneHere(['study', file], { runs })
    expect([without.code, without.stderr]).toEqual([2, expect.stringMatching(/best\.safetensors: .*missing\.\n$/)])
  })
})
