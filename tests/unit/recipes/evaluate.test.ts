import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { courseVerdicts } from '../../../src/recipes/course-baselines.ts'
import { evaluateLabels } from '../../../src/recipes/evaluate-labels.ts'
import { fileGround, frequenciesIn, judgeFiles, scoreAll, shuffled } from '../../../src/recipes/evaluate.ts'
import { addExternalRun, externalHash, sourceOf } from '../../../src/recipes/external-run.ts'
import { dataFingerprint } from '../../../src/recipes/identity.ts'
import { databasePath, runFolder } from '../../../src/recipes/places.ts'
import { recordAgain } from '../../../src/recipes/record-again.ts'
import { predictionsFile } from '../../../src/recipes/run-folder.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import { attemptRow } from '../../../src/tracking/attempt-row.ts'
import { place, quiet, worldIn } from './small-world.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))
const folder = place()
const world = worldIn(folder, { train: 2, val: 6, perClass: 1 })
const clip = { weights: fixture('metrics/clip-small.pt'), vocabulary: fixture('tokenizer/small/clip.txt.gz') }

/** A file of human captions: the layout's least. */
function annotate(path: string, captions: Readonly<Record<string, readonly string[]>>, info = ''): string {
  const images = Object.keys(captions).map((file_name, id) => ({ id, file_name }))
  const annotations = Object.values(captions).flatMap((texts, image_id) => texts.map((caption) => ({ image_id, caption })))
  writeFileSync(path, JSON.stringify({ info, licenses: '', images, annotations }))
  return path
}

describe('CLIPScore', () => {
  interface Golden {
    files: Record<string, string>
    captions: Record<string, [string, ...string[]]>
    course: Record<string, number>
    paper: Record<string, number>
    reference: Record<string, number>
  }
  const golden = JSON.parse(readFileSync(fixture('metrics/clip-scores.json'), 'utf8')) as Golden
  const stems = Object.keys(golden.files)
  const predictions = { captions: each((stem) => golden.captions[stem]![0]), order: stems, warnings: [] }

  function each<T>(value: (stem: string) => T): Record<string, T> {
    return Object.fromEntries(stems.map((stem) => [stem, value(stem)]))
  }
  function ground() {
    const images = join(folder, 'pictures')
    mkdirSync(images, { recursive: true })
    for (const file of Object.values(golden.files)) copyFileSync(fixture(`images/${file}`), join(images, file))
    const human = Object.fromEntries(stems.map((stem) => [golden.files[stem]!, golden.captions[stem]!.slice(1)]))
    return { ...fileGround(annotate(join(folder, 'pictures.json'), human), images), clip }
  }
  function expectNear(
    found: Readonly<Record<string, number>> | undefined,
    expected: Readonly<Record<string, number>>,
    tolerance = 1e-4,
  ): void {
    for (const stem of stems) expect(Math.abs(found![stem]! - expected[stem]!), stem).toBeLessThan(tolerance)
  }

  it("is PyTorch's in the course's variant, from a CLIP in OpenAI's names, for every kind of picture and odd captions", async () => {
    const [scores] = await scoreAll([predictions], ground(), {}, quiet.report)
    expectNear(scores!.clipscore!.perImage, golden.course)
    expect(scores!.refClipscore).toBeUndefined()
    expect(scores!.tooLong).toEqual(['palette'])
  })

  it("is PyTorch's in the paper's variant too, and so is RefCLIPScore", async () => {
    const [scores] = await scoreAll([predictions], ground(), { judge: { variant: 'paper' } }, quiet.report)
    expectNear(scores!.clipscore!.perImage, golden.paper)
    expectNear(scores!.refClipscore!.perImage, golden.reference, 2e-4) // it doubles what the cache's halves cost CLIPScore
  })

  it('moves by a half at most where it is rounded as on a GPU', async () => {
    const [scores] = await scoreAll([predictions], ground(), { judge: { precision: 'fp16' } }, quiet.report)
    for (const stem of stems) expect(Math.abs(scores!.clipscore!.perImage[stem]! - golden.course[stem]!)).toBeLessThan(0.01)
    expect(scores!.clipscore!.perImage).not.toEqual(golden.course)
  })

  it('has a judge by default, and says how to get its files', () => {
    expect(() => judgeFiles({ vocabulary: clip.vocabulary })).toThrow(
      /ViT-B-32\.pt: .* `captune get clip ViT-B\/32` .* --clip names another\.$/,
    )
    expect(() => judgeFiles({ weights: clip.weights, vocabulary: '/nowhere' })).toThrow(
      /^\/nowhere: .* `captune get vocabulary` .*\.$/,
    )
    expect(judgeFiles(clip)).toEqual(clip)
  })
})

describe('a file of human captions', () => {
  it('is warned of where the Java toolkit would be shifted by a line', () => {
    const path = annotate(join(folder, 'odd.json'), { 'a.jpg': ['a\rdog', 'a\ndog'], 'b.jpg': ['a cat'] })
    expect(fileGround(path, undefined).split.warnings).toEqual([
      expect.stringContaining('1 captions hold a line separator') as string,
    ])
  })

  it('can be where the document frequencies of CIDEr come from', () => {
    const path = annotate(join(folder, 'train.json'), { 'a.jpg': ['a dog', 'A dog.'], 'b.jpg': ['a cat'] })
    expect(frequenciesIn(path)).toMatchObject({ images: 2, occurrences: { a: 2, dog: 1, 'a dog': 1, cat: 1 } })
  })

  it("shows the course's baselines only where it is the course's own", async () => {
    const human = Object.fromEntries(Array.from({ length: 1789 }, (_, i) => [`${i}.jpg`, ['a dog runs', 'one dog']]))
    const captions = Object.fromEntries(Array.from({ length: 1789 }, (_, i) => [`${i}`, 'a dog runs']))
    const predictions = { captions, order: Object.keys(captions), warnings: [] }
    for (const [info, count] of [
      ['dlcv2023-hw3-train', 2],
      ['somebody else', 0],
    ] as const) {
      // prettier-ignore
      const ground = fileGround(annotate(join(folder, 'course.json'), human, info), undefined)
      const [scores] = await scoreAll([predictions], ground, {}, quiet.report)
      const verdicts = await courseVerdicts(ground, scores!, 'course')
      expect(verdicts).toHaveLength(count)
      for (const { passed, lacks } of verdicts) expect([passed, lacks.cider]).toEqual([false, expect.any(Number)])
    }
  })
})

describe("another program's predictions", () => {
  const theirs = () => join(folder, 'theirs.json')
  const ground = () => ({ annotations: join(world, 'p2_data/val.json'), images: join(world, 'p2_data/images/val') })
  const shapes = { weights: 'weights/shapes/clip.safetensors', vocabulary: 'weights/shapes/clip-vocabulary.txt.gz' }
  const run = { id: 'external-pytorch-s1-abc', study: 'external', name: 'pytorch', hash: 'abc', trained: 28_348_416 }

  beforeAll(() => {
    const stems = readdirSync(join(world, 'p2_data/images/val')).map((file) => file.replace(/\.[^.]*$/, ''))
    writeFileSync(
      theirs(),
      JSON.stringify(
        Object.fromEntries(stems.map((stem, i) => [stem, `a ${['red', 'blue'][i % 2]!} ${['circle', 'star', 'heart'][i % 3]!}`])),
      ),
    )
  })

  it('become a finished run with scores, samples, references and circumstances', async () => {
    const source = sourceOf({ predictions: theirs(), ...ground(), clip: shapes })
    const scores = await addExternalRun(source, run, quiet.report)
    const reader = openReader(databasePath())
    const row = attemptRow(reader, reader.run(run.id)!)
    expect(row).toMatchObject({
      run: { state: 'finished', kind: 'external', attempt: 'pytorch' },
      trained: 28_348_416,
      images: 6,
    })
    expect([row.cider, row.clipscore]).toEqual([scores.cider.score, scores.clipscore!.score])
    expect(reader.samples(run.id, 'val')).toHaveLength(6)
    const facts = reader.environment(run.id)
    expect(facts['score.val.data']).toBe(await dataFingerprint(world)) // as of Captune's own runs on the same data
    expect(reader.references(facts['score.val.data']!, reader.samples(run.id, 'val')[0]!.image)).toHaveLength(5)
    reader.close()
    expect(readFileSync(predictionsFile(runFolder(run.id), 'val'))).toEqual(readFileSync(theirs()))
  })

  it('are identified by what they are and what they are scored with', async () => {
    const source = sourceOf({ predictions: theirs(), ...ground(), clip: shapes })
    expect(await externalHash(source)).toBe(await externalHash({ ...source }))
    expect(await externalHash({ ...source, clip: undefined })).not.toBe(await externalHash(source))
  })

  it('leave nothing behind where they cannot be scored', async () => {
    const bad = join(folder, 'bad.json')
    writeFileSync(bad, '{"x": "a dog"}')
    const source = sourceOf({ predictions: bad, ...ground(), clip: shapes })
    await expect(addExternalRun(source, { ...run, id: 'external-bad' }, quiet.report)).rejects.toThrow('`x` is no image')
    const reader = openReader(databasePath())
    expect(reader.run('external-bad')).toBeUndefined()
    reader.close()
  })

  it('need to be told what to score against where no run shows it', () => {
    expect(() => sourceOf({ predictions: theirs() })).toThrow(
      'runs add: no run shows what to score against; --annotations, and --images for CLIPScore, are needed.',
    )
  })

  it('take new scores into their record, once, and only as long as nothing changed', async () => {
    const file = predictionsFile(runFolder(run.id), 'val')
    const whole = { ...fileGround(ground().annotations, ground().images), clip: shapes }
    const captions = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    const predictions = { captions, order: Object.keys(captions), warnings: [] }
    const [usual] = await scoreAll([predictions], whole, {}, quiet.report)
    expect(await recordAgain(run.id, usual!)).toBeUndefined()
    const [paper] = await scoreAll([predictions], whole, { judge: { variant: 'paper' } }, quiet.report)
    expect(await recordAgain(run.id, paper!)).toBe('Recorded in the run: val/clipscore_paper, val/refclipscore.')
    expect(await recordAgain(run.id, paper!)).toBeUndefined()
    const reader = openReader(databasePath())
    expect(reader.summaries(run.id).get('val/clipscore')?.last).toBeCloseTo(usual!.clipscore!.score, 12)
    expect(reader.summaries(run.id).get('val/clipscore_paper')?.last).toBeCloseTo(paper!.clipscore!.score, 12)
    reader.close()
    writeFileSync(file, JSON.stringify({ ...captions, extra: 'x' }))
    const [other] = await scoreAll([shuffled(predictions, 1)], whole, { judge: { variant: 'paper' } }, quiet.report)
    expect(await recordAgain(run.id, other!)).toMatch(/^Not recorded: .*val\.json is not the file that the run wrote\.$/)
  })
})

describe("problem 1's predictions", () => {
  const csv = (name: string, lines: readonly string[]) => {
    const path = join(folder, name)
    writeFileSync(path, ['filename,label', ...lines, ''].join('\n'))
    return path
  }
  const files = () => ({ images: join(world, 'p1_data/val'), classes: join(world, 'p1_data/id2label.json') })
  const right = () => readdirSync(files().images).map((file) => `${file},${file.split('_')[0]!}`)

  it('are scored by the classes in the names', () => {
    const { accuracy, interval, total } = evaluateLabels(
      { predictions: csv('p.csv', ['0_1.png,0', '1_1.png,0']), images: undefined },
      1,
    )
    expect({ accuracy, total }).toEqual({ accuracy: 0.5, total: 2 })
    expect([interval.low, interval.high]).toEqual([0, 1])
    expect(evaluateLabels({ predictions: csv('q.csv', right()), ...files() }, 1).accuracy).toBe(1)
  })

  it('are refused with the images that are missing and those that are no images', () => {
    const path = csv('r.csv', [...right().slice(8), 'x.png,3'])
    expect(() => evaluateLabels({ predictions: path, ...files() }, 1)).toThrow(
      /`x\.png` is no image of .*; leave it out\.\n(?:.*is missing; every image needs a label\.\n){5}.*: 3 more images are missing\.$/,
    )
    expect(() => evaluateLabels({ predictions: csv('s.csv', ['dog.png,3']) }, 1)).toThrow('a name like 40_454.png is needed.')
    expect(() => evaluateLabels({ predictions: csv('t.csv', []) }, 1)).toThrow('no image is labelled')
  })
})
