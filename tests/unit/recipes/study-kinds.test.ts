// Runs that train nothing: a classification, and a trained run decoded again.
import { cpSync, existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ClassifyConfig } from '../../../src/config/classify-config.ts'
import { loadClassifyConfig } from '../../../src/config/load.ts'
import type { RunConfig } from '../../../src/config/run-config.ts'
import { fromRoot } from '../../../src/base/files.ts'
import { executeClassification } from '../../../src/recipes/classify-run.ts'
import { executeDecoding } from '../../../src/recipes/decode-run.ts'
import { classificationIdentity, decodingIdentity, identityOf } from '../../../src/recipes/identity.ts'
import { databasePath, runFolder } from '../../../src/recipes/places.ts'
import { labelFiles, predictionsFile } from '../../../src/recipes/run-folder.ts'
import { executeRun } from '../../../src/recipes/run.ts'
import { openReader, type Reader } from '../../../src/tracking/reader.ts'
import { attemptRow } from '../../../src/tracking/attempt-row.ts'
import { configOf, place, quiet, worldIn } from './small-world.ts'

const world = worldIn(place(), { train: 8, val: 6, perClass: 1 })
const around = { ...quiet, signal: new AbortController().signal, threads: 1 }

function reading<T>(read: (reader: Reader) => T): T {
  const reader = openReader(databasePath())
  try {
    return read(reader)
  } finally {
    reader.close()
  }
}

const classification = (...changes: string[]): ClassifyConfig =>
  loadClassifyConfig(fromRoot('configs/shapes/classify.yaml'), [`data.root=${world}`, ...changes]).config

describe('a classification', () => {
  const id = 'zero-shot'

  beforeAll(async () => {
    const config = classification()
    const identity = await classificationIdentity(config)
    await executeClassification({ id, study: 's', attempt: 'a', config, identity }, around)
  })

  it('is on record as a finished run with accuracy, top-5, and what each image was called', () => {
    const { run, row, samples } = reading((reader) => {
      const its = reader.run(id)!
      return { run: its, row: attemptRow(reader, its), samples: reader.samples(id, 'val') }
    })
    expect(run).toMatchObject({ kind: 'classify', state: 'finished', seed: 0 })
    expect(row).toMatchObject({ method: 'a photo of a {object}', images: 50, cider: undefined })
    expect(row.accuracy).toBeGreaterThan(0.9)
    expect(row.top5).toBeGreaterThanOrEqual(row.accuracy!)
    expect(samples).toHaveLength(50)
    expect(samples.find(({ image }) => image === '0_0')?.caption).toBe('red circle')
    expect(reading((reader) => reader.references(row.circumstances.match(/data=(\w+)/)![1]!, '0_0'))).toEqual(['red circle'])
  })

  it("leaves the grader's CSV, five classes for each image, and a table of who is taken for whom", () => {
    const files = labelFiles(runFolder(id), 'val')
    const lines = readFileSync(files.labels, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(51)
    expect(lines.slice(0, 2)).toEqual(['filename,label', '0_0.png,0'])
    const top = JSON.parse(readFileSync(files.top, 'utf8')) as Record<string, { probability: number }[]>
    expect(Object.keys(top)).toHaveLength(50)
    for (const ranked of Object.values(top)) expect(ranked).toHaveLength(5)
    expect(readFileSync(files.confusion, 'utf8').split('\r\n')[0]).toMatch(/^true class,0 red circle,1 green circle,/)
    expect(reading((reader) => reader.artifacts(id)).map(({ path }) => path)).toEqual([
      'predictions/val-top5.json',
      'predictions/val.csv',
      'scores/val-classes.csv',
      'scores/val-confusion.csv',
    ])
  })

  it('is another with other prompts, and the same under another name or on another engine', async () => {
    const hash = async (...changes: string[]) => (await classificationIdentity(classification(...changes))).hash
    const usual = await hash()
    expect(await hash('name=other', 'engine.threads=7')).toBe(usual)
    expect(await hash('prompts.templates=["a drawing of a {object}"]')).not.toBe(usual)
  })

  it('is refused where the name of an image begins with no class', async () => {
    const root = join(world, '..', 'stray')
    cpSync(join(world, 'p1_data'), join(root, 'p1_data'), { recursive: true })
    renameSync(join(root, 'p1_data/val/7_0.png'), join(root, 'p1_data/val/77_0.png'))
    await expect(classificationIdentity(classification(`data.root=${root}`))).rejects.toThrow(
      /val\/77_0\.png: the name begins with no class of .*id2label\.json; a name like 40_454\.png is needed\./,
    )
  })
})

describe('a trained run that is decoded again', () => {
  const tiny = ['train.epochs=1', 'train.images=4', 'train.warmup=1', 'evaluate.subset=3', 'decode.max_length=6']
  const config = (...changes: string[]): RunConfig => configOf('none', `data.root=${world}`, ...tiny, ...changes)
  const predictions = (id: string) => readFileSync(predictionsFile(runFolder(id), 'val'), 'utf8')
  const decodeAgain = async (id: string, its: RunConfig) => {
    const identity = await decodingIdentity(its, runFolder('trained'))
    await executeDecoding({ id, study: 'd', attempt: id, parent: 'trained', config: its, identity }, around)
  }

  beforeAll(async () => {
    const its = config()
    await executeRun({ id: 'trained', study: 's', attempt: 'a', config: its, identity: await identityOf(its) }, around)
    await decodeAgain('same', its)
    await decodeAgain('beam', config('decode=beam:2'))
  }, 60_000)

  it('says the same with the same decoding, to the last digit of its scores', () => {
    expect(predictions('same')).toBe(predictions('trained'))
    const [trained, same] = reading((reader) => ['trained', 'same'].map((id) => reader.summaries(id)))
    for (const metric of ['val/cider', 'val/clipscore', 'val/epoch'])
      expect(same!.get(metric)?.last).toBe(trained!.get(metric)!.last)
  })

  it('is a run of its own that trains nothing and names its parent', () => {
    expect(reading((reader) => reader.run('beam'))).toMatchObject({ kind: 'decode', state: 'finished', parent: 'trained' })
    expect(reading((reader) => reader.summaries('beam')).has('train/loss')).toBe(false)
    expect(existsSync(join(runFolder('beam'), 'best.safetensors'))).toBe(false)
  })

  it('is ranked with the other decodings of its parent, and never with trainings', () => {
    const rows = reading((reader) => ['trained', 'same', 'beam'].map((id) => attemptRow(reader, reader.run(id)!)))
    expect(rows[1]!.circumstances).toBe(rows[2]!.circumstances)
    expect(rows[0]!.circumstances).not.toBe(rows[1]!.circumstances)
    expect(rows.map(({ method }) => method)).toEqual(['none', 'greedy', 'beam 2'])
  })

  it('has an identity of its own, which follows the tensors and the decoding', async () => {
    const hashes = [
      (await identityOf(config())).hash,
      (await decodingIdentity(config(), runFolder('trained'))).hash,
      (await decodingIdentity(config('decode=beam:2'), runFolder('trained'))).hash,
    ]
    expect(new Set(hashes).size).toBe(3)
  })
})
