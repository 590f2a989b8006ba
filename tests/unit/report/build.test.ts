// A whole report from made-up runs whose every text is hostile; nothing of it may be read as code anywhere.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fromRoot, sha256 } from '../../../src/base/files.ts'
import { floats } from '../../../src/base/nd-array.ts'
import { writeAttention, type AttendedCaption } from '../../../src/checkpoint/attention-file.ts'
import { buildReport, type Built } from '../../../src/report/build.ts'
import { chooseRuns } from '../../../src/report/choose.ts'
import { fontsFor } from '../../../src/report/fonts.ts'
import { contentsOf } from '../../../src/report/contents.ts'
import type { Contents } from '../../../src/report/parts.ts'
import type { Manifest } from '../../../src/report/manifest.ts'
import type { Settings } from '../../../src/report/settings.ts'
import { verifyReport } from '../../../src/report/verify.ts'
import type { Reader } from '../../../src/tracking/reader.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'
import { classified, record, recorded, trained, type Recorded } from './recorded.ts'

const hostile = `"); #panic("typst") //</script><script>document.title="owned"</script><img src=x onerror=alert(1)> $x$ \\`
const image = fromRoot('tests/fixtures/images/rgb.png')
const references = ['a', 'b', 'c'].map((stem) => ({ image: stem, path: image, captions: [hostile, 'two cats'] }))
const scores = { a: 0.9, b: 0.5, c: 0.7 }
const samples = Object.entries(scores).map(([stem, clipscore]) => ({ image: stem, caption: `${stem} ${hostile}`, clipscore }))
const top = Object.fromEntries(
  ['a', 'b', 'c', 'd'].map((stem) => [
    `${stem}.png`,
    [hostile, 'two', 'three', 'four', 'five'].map((name, i) => ({ label: i, name, probability: 0.5 / (i + 1) })),
  ]),
)

const runs: readonly Recorded[] = [
  trained('none-1', 0.7),
  trained('lora-1', 0.8, { samples, attempt: hostile }),
  trained('adapter-1', 0.9, { samples, references }),
  trained('prefix-1', 0.85, { samples }),
  classified('p1', 'This is a photo of {object}', 0.6, {
    references: [...references, { image: 'd', path: image, captions: ['four'] }],
    files: { 'predictions/val-top5.json': JSON.stringify(top) },
  }),
]

const looked: Omit<AttendedCaption, 'caption' | 'decoding'> = {
  image: 'a.png',
  run: 'adapter-1',
  words: ['a'],
  pieces: [['a']],
  layers: [0],
  grid: [1, 1],
  crop: [0, 0, 8, 8],
  size: [8, 8],
  attention: floats([1, 1, 1, 1], Float32Array.of(1)),
  rollout: floats([1, 1], Float32Array.of(1)),
}

interface Made {
  readonly built: Built
  readonly folder: string
  readonly reader: Reader
  readonly runsFolder: string
  readonly manifest: Manifest
}

async function build(more: Partial<Settings> = {}, these = runs, folder = temporaryFolder()): Promise<Made> {
  const { reader, runsFolder } = recorded(these)
  const settings: Settings = { picks: {}, seed: 1, ...more }
  const chosen = chooseRuns(reader, { picks: settings.picks })
  const built = await buildReport({ reader, runsFolder, folder, shown: 'report', student: 'r12345678', settings, chosen })
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest
  return { built, folder, reader, runsFolder, manifest }
}

/** What the report of `these` would say; no PDF is set. */
function contentsOfRuns(more: Partial<Settings> = {}, these = runs): Contents {
  const { reader, runsFolder } = recorded(these)
  return contentsOf({ reader, runsFolder, chosen: chooseRuns(reader, { picks: {} }), settings: { picks: {}, seed: 1, ...more } })
}

describe('a report', () => {
  it('is a PDF, a page and a manifest, whatever the texts say', async () => {
    const { built, folder, manifest } = await build({ name: `王小明 ${hostile}` })
    expect(Buffer.from(built.pdf.subarray(0, 5)).toString()).toBe('%PDF-')
    expect(built.blank).toEqual([])
    const page = readFileSync(join(folder, 'report.html'), 'utf8')
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).not.toMatch(/<img src=x/)
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)/)
    expect(manifest.files['hw3_r12345678.pdf']).toBe(sha256(built.pdf))
    expect(manifest.runs.map(({ id, command }) => [id, command])).toContainEqual([
      'lora-1',
      './captune train report/configs/lora-1.yaml',
    ])
    expect(manifest.quotes).toContainEqual({ table: 'attempts', section: '2.2', row: 'prefix-1', column: 'CIDEr', text: '0.850' })
    expect(readdirSync(join(folder, 'configs'))).toContain('adapter-1.yaml')
  })

  it('says what is missing', () => {
    expect(contentsOfRuns({}, [trained('lora-1', 0.8)]).missing.map(({ section, what }) => `${section} ${what}`)).toEqual([
      '1.2 accuracy of the prompt "This is a photo of {object}"',
      '1.2 accuracy of the prompt "This is not a photo of {object}"',
      '1.2 accuracy of the prompt "No {object}, no score."',
      '1.3 a finished classification with its top-5',
      '2.2 3 finished attempts of PEFT; only lora is there',
      '3.1 5 test images in data/nowhere/p3_data/images; there are 0',
      '3.2 CLIPScores of the validation pairs',
    ])
  })

  it('shows accuracies of prompts where nobody kept the most probable classes', () => {
    const { tables, missing } = contentsOfRuns({}, [classified('p1', 'This is a photo of {object}', 0.6)])
    expect(tables.get('prompts')?.table.rows).toHaveLength(1)
    expect(missing.map(({ section }) => section)).toContain('1.3')
  })

  it('shows maps of its own captions alone, searched in its own way', () => {
    const { reader, runsFolder } = recorded([trained('adapter-1', 0.9, { samples, references })])
    const chosen = chooseRuns(reader, { picks: {} })
    const lookedAt = (caption: string, decoding: string) => {
      writeAttention(join(runsFolder, 'adapter-1/attention/a.safetensors'), { ...looked, caption, decoding })
      return contentsOf({ reader, runsFolder, chosen, settings: { picks: {}, seed: 1 } }).pairs[0]?.looked?.caption
    }
    expect(lookedAt(`a ${hostile}`, 'greedy')).toBe(`a ${hostile}`)
    expect(lookedAt(`a ${hostile}`, 'beam')).toBeUndefined()
    expect(lookedAt('another', 'greedy')).toBeUndefined()
  })

  it("sets the student's own pictures, and forgets figures that it no longer has", async () => {
    const folder = temporaryFolder()
    for (const name of ['text', 'figures']) mkdirSync(join(folder, name))
    copyFileSync(image, join(folder, 'text/mine.png'))
    writeFileSync(join(folder, 'text/1-1-methods.typ'), '#image("mine.png")')
    writeFileSync(join(folder, 'figures/test-9.jpg'), '')
    const { manifest } = await build({}, runs, folder)
    expect(manifest.files['text/mine.png']).toBe(sha256(readFileSync(image)))
    expect(readdirSync(join(folder, 'figures'))).not.toContain('test-9.jpg')
    expect(readdirSync(join(folder, 'figures'))).toContain('top-five-1.png')
  })

  it('builds from nothing, all missing', async () => {
    const { built } = await build({}, [])
    expect(built.missing.some(({ section }) => section === '2.1')).toBe(true)
    expect(built.pdf.length).toBeGreaterThan(1000)
  })

  it('shows the images that were asked for, and names one that was not classified', () => {
    const { topFive } = contentsOfRuns({ images: ['d.png', 'b'] })
    expect(topFive.map(({ stem, truth }) => [stem, truth])).toEqual([
      ['d', 'four'],
      ['b', hostile],
    ])
    expect(topFive[0]!.bars.map(({ correct }) => correct)).toEqual([false, false, false, true, false])
    expect(() => contentsOfRuns({ images: ['z.png'] })).toThrow('--images "z.png": is no image that p1 classified; a.png is one.')
  })

  it('ranks the pairs by CLIPScore', () => {
    expect(contentsOfRuns().pairs.map(({ rank, stem, clipscore }) => [rank, stem, clipscore])).toEqual([
      ['best', 'a', 0.9],
      ['worst', 'b', 0.5],
    ])
  })

  it("names file and line of a mistake in the student's Typst", async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'text'))
    writeFileSync(join(folder, 'text/1-1-methods.typ'), 'Fine.\n\n#nonsense(1)\n')
    await expect(build({}, runs, folder)).rejects.toThrow(/^report\/text\/1-1-methods\.typ:3: unknown variable: nonsense\.$/)
  })

  it('tells which characters no font has', async () => {
    expect((await build({ name: '龘' })).built.blank).toEqual(fontsFor(['龘']).blank)
  })
})

describe('verifying a report', () => {
  it('finds it true, as long as nothing has changed', async () => {
    const { folder, reader, runsFolder, manifest } = await build()
    expect(verifyReport({ reader, runsFolder, folder })).toEqual({ compared: manifest.quotes.length, faults: [] })
  })

  it('tells rows of the same name apart', async () => {
    const { folder, reader, runsFolder, manifest } = await build({ published: true })
    const others = manifest.quotes.filter(({ row, column }) => row === 'published, ViT-L/14' && column === 'CIDEr')
    expect(others.length).toBeGreaterThan(1)
    expect(verifyReport({ reader, runsFolder, folder }).faults).toEqual([])
  })

  it('names both numbers where one has changed', async () => {
    const { folder, reader, runsFolder } = await build()
    record(runsFolder, [{ ...trained('prefix-1', 0.857), samples }])
    const { faults } = verifyReport({ reader, runsFolder, folder })
    expect(faults.filter((fault) => !fault.includes('time'))).toEqual([
      'section 2.2, prefix-1, CIDEr: the report says 0.850, the database 0.857.',
    ])
  })

  it('sees files that were changed or are gone', async () => {
    const { folder, reader, runsFolder } = await build()
    writeFileSync(join(folder, 'report.typ'), readFileSync(join(folder, 'report.typ'), 'utf8').replace('0.850', '0.950'))
    writeFileSync(join(folder, 'text/3-3-analysis.typ'), 'All is well.')
    rmSync(join(folder, 'report.html'))
    expect(verifyReport({ reader, runsFolder, folder }).faults).toEqual([
      'report.typ: was changed by hand after it was built; build the report again.',
      'text/3-3-analysis.typ: was changed after the PDF was built; build the report again.',
      "report.html: is gone from the report's folder; build the report again.",
    ])
  })

  it('misses runs that the database has no longer, and reports that were never built', async () => {
    const { folder } = await build()
    const other = recorded([trained('adapter-1', 0.9)])
    expect(verifyReport({ ...other, folder }).faults[0]).toMatch(
      /^none-1: the report shows this run, and the database has it no longer\.$/,
    )
    expect(() => verifyReport({ ...other, folder: temporaryFolder() })).toThrow(/manifest\.json: .* is missing\.$/)
  })
})
