// Each thing that a user or a machine can get wrong: one sentence that names it and what is needed, exit code 2, nothing lost.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'
import { floats } from '../../src/base/nd-array.ts'
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.ts'
import { gpt2 } from '../../src/models/gpt2.ts'
import { readPretrainedDecoder, writePretrained } from '../../src/models/pretrained.ts'
import { declared } from '../../src/nn/scope.ts'
import type { RunRow } from '../../src/tracking/run-state.ts'
import { captuneHere } from './captune-here.ts'
import { captune, config, temporaryPlace, tiny, tinyWorld, type Ended, type Surroundings } from './captune.ts'
import { outcomeOf, rowsOf, theRun } from './records.ts'
import { canMount, mount, resize, unmount } from './small-disk.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
const decoder = fromRoot('weights/shapes/decoder.safetensors')
const clip = fromRoot('weights/shapes/clip.safetensors')
let world: string
let finished: RunRow
let outcome: ReturnType<typeof outcomeOf>

vi.stubEnv('GIT_DIR', '/nowhere') // a run keeps the checkout's uncommitted changes, which may be larger than the small disk below

/** A run that was finished before everything went wrong: after each mishap it must be what it was. */
beforeAll(async () => {
  world = tinyWorld(place)
  const { code, stderr } = await captuneHere(['train', config('none'), ...tiny(world)], { runs })
  if (code !== 0) throw new Error(stderr)
  finished = theRun(runs)
  outcome = outcomeOf(runs, finished.id)
})

afterEach(() => {
  expect(rowsOf(runs)[0]).toEqual(finished)
  expect(outcomeOf(runs, finished.id)).toEqual(outcome)
})

/** Expects one sentence, exit code 2 and no stack. */
async function expectRefusal(
  args: readonly string[],
  sentence: RegExp,
  around: Partial<Surroundings> = {},
  run: typeof captune = captuneHere,
): Promise<void> {
  const { code, stderr } = await run(args, { runs, ...around })
  expect(withoutProgress(stderr)).toMatch(sentence)
  expect(withoutProgress(stderr)).toMatch(/^[^\n]+\n$/)
  expect(code).toBe(2)
}

/** What a run says on its way: `features of train: 32/32 images, 120 images/s`. */
const withoutProgress = (stderr: string) => stderr.replace(/^.*: \d+\/\d+ (images|steps|captions|files)\b.*\n/gm, '')

const train = (...more: string[]) => ['train', config('none'), ...tiny(world, ...more)]
const sound = () => rowsOf(runs).length

/** A file of the test's own. */
function written(name: string, content: string | Uint8Array): string {
  const path = join(place, name)
  writeFileSync(path, content)
  return path
}

/** A copy of the world that a test may spoil. */
function copyOfWorld(name: string): string {
  const root = join(place, name)
  cpSync(world, root, { recursive: true })
  return root
}

/** A copy of the decoder's vocabulary that lacks one of its files. */
function without(name: string): string {
  const folder = join(place, 'vocabulary')
  cpSync(fromRoot('weights/shapes/gpt2'), folder, { recursive: true })
  rmSync(join(folder, name))
  return folder
}

const firstImage = (root: string, split: 'train' | 'val') => {
  const folder = join(root, 'p2_data/images', split)
  return join(folder, readdirSync(folder).sort()[0]!)
}

describe('a missing file', () => {
  const missing = {
    config: [() => ['train', 'nowhere.yaml'], /^nowhere\.yaml: the config is missing\.\n/],
    study: [() => ['study', 'nowhere.yaml'], /^nowhere\.yaml: .* is missing\.\n/],
    "encoder's weights": [
      () => train('encoder.weights=/nowhere/clip.safetensors'),
      /^\/nowhere\/clip\.safetensors: .*missing\.\n/,
    ],
    "decoder's weights": [
      () => train('decoder.weights=/nowhere/gpt2.safetensors'),
      /^\/nowhere\/gpt2\.safetensors: the decoder's weights are missing; `captune get decoder --to \/nowhere` brings gpt2\.safetensors \(548 MB\)\.\n/,
    ],
    vocabulary: [
      () => train(`decoder.vocabulary=${without('vocab.bpe')}`),
      /vocabulary\/vocab\.bpe: the decoder's merges are missing; `captune get vocabulary --to \S+\/vocabulary` brings vocab\.bpe \(456 kB\)\.\n/,
    ],
    "judge's vocabulary": [
      () => train('evaluate.clip.vocabulary=/nowhere/bpe.txt.gz'),
      /^\/nowhere\/bpe\.txt\.gz: .*missing\.\n/,
    ],
    'captions folder': [
      () => train('data.root=/nowhere'),
      /^\/nowhere\/p2_data: the folder of captions and images is missing\.\n/,
    ],
    'folder of images': [() => ['caption', finished.id, '--images', '/nowhere'], /^\/nowhere: the image folder is missing\.\n/],
    'predictions file': [
      () => ['evaluate', '--pred', '/nowhere.json', '--annotations', join(world, 'p2_data/val.json')],
      /^\/nowhere\.json: .*missing\.\n/,
    ],
    'annotations file': [
      () => ['evaluate', '--pred', '/nowhere.json', '--annotations', '/nowhere/val.json'],
      /^\/nowhere\/val\.json: .*missing\.\n/,
    ],
    run: [() => ['evaluate', 'nothing'], /^RUN "nothing": there is no such run; the nearest are single-none-s1/],
  } as const
  it.each(Object.entries(missing))('of the %s is named', async (_, [args, sentence]) => {
    const before = sound()
    await expectRefusal(args(), sentence)
    expect(sound()).toBe(before)
  })

  it('among the images is named with how many there are', async () => {
    const root = copyOfWorld('gap')
    const image = firstImage(root, 'train')
    rmSync(image)
    await expectRefusal(
      train(`data.root=${root}`),
      /gap\/p2_data\/images\/train: 1 of 32 captioned images are missing: \d+\.jpg\.\n/,
    )
    rmSync(join(root, 'p2_data/images/train'), { recursive: true })
    await expectRefusal(train(`data.root=${root}`), /gap\/p2_data\/images\/train: the folder of images is missing\.\n/)
  })
})

describe('a file that cannot be parsed', () => {
  it.each([
    ['YAML', 'name: x\n  peft: [1,\n', /bad\.yaml:\d+: this is not YAML/],
    ['a config', '- 1\n- 2\n', /bad\.yaml:1: /],
  ])('as %s is named with its line', async (_, text, sentence) => {
    await expectRefusal(['train', written('bad.yaml', text)], sentence)
  })

  it('as JSON is named', async () => {
    const root = copyOfWorld('half-json')
    const path = join(root, 'p2_data/val.json')
    truncateSync(path, 500)
    await expectRefusal(train(`data.root=${root}`), /half-json\/p2_data\/val\.json: .* not valid JSON/)
  })

  it('is told with every mistake at once, where it parses but means nothing', async () => {
    const { code, stderr } = await captuneHere(train('peft.rnak=4', 'train.lr=-1'), { runs })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^command line: unknown option "peft\.rnak".*\ncommand line: "train\.lr" is .* needed\n$/)
  })
})

describe('captions that do not fit', () => {
  /** A world whose validation captions were changed. */
  function recaptioned(
    name: string,
    change: (content: { images: object[]; annotations: Record<string, unknown>[] }) => void,
  ): string[] {
    const root = copyOfWorld(name)
    const path = join(root, 'p2_data/val.json')
    const content = JSON.parse(readFileSync(path, 'utf8')) as Parameters<typeof change>[0]
    change(content)
    writeFileSync(path, JSON.stringify(content))
    return train(`data.root=${root}`)
  }

  it('are refused where their image is not there', async () => {
    const args = recaptioned('stray', ({ annotations }) => (annotations[3]!['image_id'] = 424242))
    await expectRefusal(
      args,
      /val\.json: annotations\[3\]: "image_id" is 424242, which is not in "images"; list the image or remove the caption\.\n/,
    )
  })

  it('are refused where they are empty', async () => {
    const args = recaptioned('empty', ({ annotations }) => (annotations[5]!['caption'] = '  '))
    await expectRefusal(args, /val\.json: annotations\[5\]: "caption" is empty; write one or remove the entry\.\n/)
  })
})

describe('an image that cannot be read', () => {
  it.each([
    ['is empty', (path: string) => truncateSync(path, 0), /\.jpg: the image is empty \(0 bytes\); .* needed\.\n/],
    ['is truncated', (path: string) => truncateSync(path, 300), /\.jpg: the image is truncated; a complete file is needed\.\n/],
    ['is none', (path: string) => writeFileSync(path, 'hello'), /\.jpg: this is not an image; .* needed\.\n/],
  ])('because it %s stops the run, and the record tells why', async (name, spoil, sentence) => {
    const root = copyOfWorld(name)
    spoil(firstImage(root, 'train'))
    await expectRefusal(train(`data.root=${root}`), sentence)
    expect(rowsOf(runs).at(-1)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/\.jpg: /) as string })
  })

  it('leaves a run without a checkpoint, and that is what its users hear', async () => {
    const { id } = rowsOf(runs).at(-1)!
    const images = ['--images', join(world, 'p3_data/images')]
    await expectRefusal(
      ['caption', id, ...images],
      /best\.safetensors: missing, for no epoch of this run was scored; train it first\.\n/,
    )
    await expectRefusal(['evaluate', id], /val\.json: missing, for this run is not finished; train it to its end\.\n/)
  })
})

describe('a checkpoint that does not fit', () => {
  it('is refused where it is another kind of model', async () => {
    await expectRefusal(
      train(`encoder.weights=${decoder}`),
      /decoder\.safetensors: this is a GPT-2 decoder; a CLIP or a vision transformer is needed\.\n/,
    )
    await expectRefusal(
      train(`decoder.weights=${clip}`),
      /clip\.safetensors: this is an image encoder; a GPT-2 decoder is needed\.\n/,
    )
  })

  it('is refused where a tensor has another shape, naming it', async () => {
    const { readAll, metadata } = readSafetensors(decoder)
    const path = join(place, 'misshapen.safetensors')
    writeSafetensors(path, { ...readAll(), 'h.1.mlp.c_fc.weight': floats([8, 8]) }, metadata)
    await expectRefusal(
      train(`decoder.weights=${path}`),
      /misshapen\.safetensors: `h\.1\.mlp\.c_fc\.weight` has shape \[8, 8\].*\[128, 512\]/,
    )
  })

  it('is refused where it is cut or no checkpoint at all', async () => {
    const cut = written('cut.safetensors', readFileSync(decoder).subarray(0, 10_000))
    await expectRefusal(train(`decoder.weights=${cut}`), /cut\.safetensors: /)
    await expectRefusal(train(`decoder.weights=${written('text.safetensors', 'hello, I am a text file')}`), /text\.safetensors: /)
  })

  it('is refused where its vocabulary is that of another model', async () => {
    const small = fromRoot('tests/fixtures/tokenizer/small')
    const before = sound()
    await expectRefusal(
      train(`decoder.vocabulary=${small}`),
      /tokenizer\/small: the vocabulary has \d+ tokens, .* has \d+; both must come from the same model\.\n/,
    )
    await expectRefusal(
      train(`evaluate.clip.vocabulary=${small}/clip.txt.gz`),
      /clip\.txt\.gz: the vocabulary has \d+ tokens, .* has \d+; both must come from the same model\.\n/,
    )
    expect(sound()).toBe(before) // told before any work, though the judge is opened after the first epoch
  })

  it('of another config is not resumed from', async () => {
    const other = join(place, 'other-config')
    const { id } = finished
    cpSync(join(runs, 'features'), join(other, 'features'), { recursive: true })
    mkdirSync(join(other, id))
    const { readAll, metadata } = readSafetensors(join(runs, id, 'last.safetensors'))
    writeSafetensors(join(other, id, 'last.safetensors'), readAll(), { ...metadata, config_hash: 'another' })
    const sentence =
      /last\.safetensors: the file belongs to the config with hash another, .*; restore the config, or remove the file to train from the beginning\.\n/
    await expectRefusal(train(), sentence, { runs: other })
    expect(theRun(other)).toMatchObject({ id, state: 'failed' })
  })
})

describe('more than may be trained', () => {
  /** A decoder of one layer, so wide that the widest adapter is beyond the limit. */
  function wideDecoder(path: string): string {
    const shape = { ...readPretrainedDecoder(decoder).shape, layers: 1, width: 640, heads: 10 }
    const weights = declared((scope) => gpt2(scope, shape)).map(({ name, shape: of }) => [name, floats([...of])] as const)
    writePretrained(path, { family: 'gpt2', shape, weights: Object.fromEntries(weights) }, 'float16')
    return path
  }

  it('is told before anything is trained, with the knob to turn', async () => {
    const weights = wideDecoder(join(place, 'wide.safetensors'))
    const args = [
      'explain',
      config('adapter'),
      `data.root=${world}`,
      `decoder.weights=${weights}`,
      'cross_attention.width=8000',
      'peft.bottleneck=8192',
    ]
    const { code, stdout, stderr } = await captuneHere(args, { runs })
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^peft\.bottleneck: [\d,]+ parameters would be trained, [\d,]+ more than the limit of 35,000,000; lower it first, .*\n$/,
    )
    expect(stdout).toContain('peft.bottleneck')
    const before = sound()
    await expectRefusal(['train', ...args.slice(1)], /more than the limit of 35,000,000/)
    expect(sound()).toBe(before)
  })
})

describe('a place that cannot be written to', () => {
  const nobody = 65_534
  const canBeNobody = process.getuid?.() === 0

  it.skipIf(!canBeNobody)('because of its permissions is named (needs root, to become a user without them)', async () => {
    const closed = join(place, 'closed')
    mkdirSync(closed, { mode: 0o755 })
    const sentence = /: cannot be written, permission denied; choose a folder that you may write to\.\n/
    await expectRefusal(train(), sentence, { runs: closed, uid: nobody }, captune)
    await expectRefusal(train('seed=2'), sentence, { uid: nobody }, captune)
    await expectRefusal(['study', ...train('seed=2').slice(1)], sentence, { uid: nobody }, captune)
    const { code, stdout } = await captune(['runs'], { runs, uid: nobody })
    expect([code, stdout]).toEqual([0, expect.stringContaining(finished.id)])
  })

  it('because something else stands there is named', async () => {
    const file = written('a-file', '')
    await expectRefusal(['data', 'shapes', '--root', file], /a-file: a file stands where the built-in world's folder is needed; /)
    const caption = ['caption', finished.id, '--images', join(world, 'p3_data/images'), '--output']
    await expectRefusal([...caption, place], /: cannot be written, a folder stands there; the name of a file is needed\.\n/)
    await expectRefusal([...caption, join(file, 'x.json')], /: cannot be written, a file stands where a folder is needed\.\n/)
    await expectRefusal(['data', 'shapes', '--root', place], /: holds files that are not the built-in world's; /)
  })

  it.skipIf(!canMount())(
    'because the disk is full is named, the record says so, and with space it goes on (needs root, to mount a small disk)',
    async () => {
      const full = join(place, 'full')
      mkdirSync(full)
      mount(full, '1500k')
      try {
        await expectRefusal(
          train(),
          /: cannot be written, the disk is full; free some space and run the same command again\.\n/,
          { runs: full },
          captune, // its process must be gone before its record can tell
        )
        expect(theRun(full)).toMatchObject({ state: 'failed', reason: expect.stringContaining('the disk is full') as string })
        resize(full, '20m')
        expect(await captune(train(), { runs: full })).toMatchObject({ code: 0 })
        expect(outcomeOf(full, finished.id)).toEqual(outcome)
      } finally {
        unmount(full)
      }
    },
  )
})

describe('results that were damaged', () => {
  let spoilt: string

  beforeEach(() => {
    spoilt = join(place, 'spoilt')
    rmSync(spoilt, { recursive: true, force: true })
    cpSync(join(runs, 'features'), join(spoilt, 'features'), { recursive: true })
  })

  const shards = () => {
    const folders = readdirSync(join(spoilt, 'features'))
    return folders.map((name) => join(spoilt, 'features', name, '00000.safetensors')).filter((path) => existsSync(path))
  }

  it('in the features are noticed and named, and made anew when the file is gone', async () => {
    for (const path of shards()) {
      const bytes = readFileSync(path)
      bytes.write('damaged', bytes.length - 100)
      writeFileSync(path, bytes)
    }
    await expectRefusal(
      train(),
      /00000\.safetensors: the features of image \d+ \(row \d+\) are damaged; delete this file and run `captune encode` again\.\n/,
      { runs: spoilt },
    )
    for (const path of shards()) rmSync(path)
    expect(await captuneHere(train(), { runs: spoilt })).toMatchObject({ code: 0 })
    expect(outcomeOf(spoilt, finished.id)).toEqual(outcome)
  })

  it("in the features' index are named with what to do", async () => {
    for (const path of shards()) truncateSync(join(dirname(path), 'meta.json'), 50)
    await expectRefusal(train(), /meta\.json: .*; delete the folder and run `captune encode` again\.\n/, { runs: spoilt })
  })

  it('in the database are named; the file is left as it is', async () => {
    writeFileSync(join(spoilt, 'runs.db'), 'this is no database, but somebody may need it')
    const sentence = /runs\.db: is not a SQLite database; move the file away and run the same command again\.\n/
    for (const args of [train(), ['runs'], ['study', ...train().slice(1)]]) await expectRefusal(args, sentence, { runs: spoilt })
    expect(readFileSync(join(spoilt, 'runs.db'), 'utf8')).toBe('this is no database, but somebody may need it')
  })
})

describe('a predictions file', () => {
  const evaluate = (predictions: unknown): Promise<Ended> => {
    const path = written('predictions.json', typeof predictions === 'string' ? predictions : JSON.stringify(predictions))
    return captuneHere(['evaluate', '--pred', path, '--annotations', join(world, 'p2_data/val.json')], { runs })
  }

  it('is refused with a line for each missing, extra and non-string entry', async () => {
    const good = JSON.parse(readFileSync(join(runs, finished.id, 'predictions/val.json'), 'utf8')) as Record<string, string>
    const [one, two] = Object.keys(good) as [string, string]
    const { [one]: dropped, ...rest } = good
    const { code, stderr } = await evaluate({ ...rest, [two]: 7, elsewhere: dropped })
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(new RegExp(`predictions\\.json: \\S${two}\\S has a number; a string is needed\\.$`)),
      expect.stringMatching(/predictions\.json: \Selsewhere\S is no image/),
      expect.stringMatching(new RegExp(`predictions\\.json: \\S${one}\\S is missing; every image needs a caption\\.$`)),
    ])
  })

  it.each([
    ['no JSON', '{"a": ', /predictions\.json: the predictions are not valid JSON/],
    ['a list', [], /predictions\.json: the predictions are a list; an object .* needed\.\n/],
  ])('is refused where it is %s', async (_, content, sentence) => {
    const { code, stderr } = await evaluate(content)
    expect(stderr).toMatch(sentence)
    expect(code).toBe(2)
  })
})
