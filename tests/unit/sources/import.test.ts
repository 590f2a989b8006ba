import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/base/files.ts'
import { filesBrought, importFile, importTree } from '../../../src/sources/import.ts'
import type { PublishedFile, Source } from '../../../src/sources/published.ts'

const place = mkdtempSync(join(tmpdir(), 'captune-import-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const usb = join(place, 'usb')
const target = join(place, 'weights/clip/model.pt')
const quiet = { report: () => undefined }

beforeEach(() => {
  for (const folder of [usb, join(place, 'weights')]) rmSync(folder, { recursive: true, force: true })
  mkdirSync(usb)
})

const published = (name: string, text: string, published = name): PublishedFile => ({
  name,
  urls: [`https://example.org/files/${published}`],
  bytes: text.length,
  sha256: sha256(text),
})
const words = published('encoder.json', '{"a": 0}', 'vocab.json')
const merges = published('vocab.bpe', '#version')
const vocabulary: Source = { name: 'vocabulary', folder: 'weights/vocabulary', publisher: 'nobody', files: [words, merges] }

function brought(name: string, text: string): string {
  writeFileSync(join(usb, name), text)
  return join(usb, name)
}

describe('what somebody brought', () => {
  it('is found in a folder by its name, or by the name that it has where it is published', () => {
    const files = [brought('vocab.json', '{"a": 0}'), brought('vocab.bpe', '#version')]
    expect([...filesBrought(usb, vocabulary)]).toEqual([
      [words, files[0]],
      [merges, files[1]],
    ])
    rmSync(files[0]!)
    expect([...filesBrought(usb, vocabulary).keys()]).toEqual([merges])
  })

  it('may be the file itself, under any name where there is but one', () => {
    const file = brought('download(1).bin', '{"a": 0}')
    expect([...filesBrought(file, { ...vocabulary, files: [words] })]).toEqual([[words, file]])
    expect(() => filesBrought(file, vocabulary)).toThrow(
      /^\S+download\(1\)\.bin: its name is none of encoder\.json, vocab\.bpe; one of these, or their folder, is needed\.$/,
    )
  })

  it('is told where it is not there', () => {
    expect(() => filesBrought(usb, vocabulary)).toThrow(
      /usb: the folder has none of what `get vocabulary` brings; encoder\.json, vocab\.bpe is needed\.$/,
    )
    expect(() => filesBrought(join(usb, 'nothing'), vocabulary)).toThrow(/nothing: there is no such file or folder; .* needed\.$/)
  })
})

describe('the import of a file', () => {
  it('copies it under its own name and leaves what was brought', async () => {
    const file = brought('x.pt', 'weights')
    await importFile(file, published('model.pt', 'weights'), target, quiet)
    expect([readFileSync(target, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['weights', 'weights'])
    expect(readdirSync(join(place, 'weights/clip'))).toEqual(['model.pt'])
  })

  it.each([
    ['of another size', 'cut', /it has 3 bytes, the published one has 7; nothing was imported\.$/],
    ['of another content', 'WEIGHTS', /its SHA-256 is \w{64}, the published one's is \w{64}; nothing was imported\.$/],
  ])('refuses one %s', async (_, text, sentence) => {
    const file = brought('x.pt', text)
    await expect(importFile(file, published('model.pt', 'weights'), target, quiet)).rejects.toThrow(sentence)
    expect(readdirSync(join(place, 'weights/clip'))).toEqual([])
  })
})

describe('the import of a tree', () => {
  const tree = { 'p1_data/val/0_1.png': 'a', 'p2_data/train.json': 'b', 'extra/notes.txt': 'c' }

  beforeEach(() => {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(join(usb, path, '..'), { recursive: true })
      writeFileSync(join(usb, path), text)
    }
  })

  const root = join(place, 'weights')

  it('copies the named folders, whole or not at all', async () => {
    await importTree(usb, ['p1_data', 'p2_data'], root, quiet)
    expect(readdirSync(root).sort()).toEqual(['p1_data', 'p2_data'])
    expect(readFileSync(join(root, 'p1_data/val/0_1.png'), 'utf8')).toBe('a')
    await expect(importTree(usb, ['p1_data'], root, quiet)).rejects.toThrow(/weights: stands there already; /)
  })

  it('leaves nothing where it is stopped', async () => {
    const controller = new AbortController()
    const report = () => controller.abort()
    await expect(importTree(usb, ['p1_data', 'p2_data'], root, { report, signal: controller.signal })).rejects.toThrow(
      /^Stopped; nothing was imported to \S+weights\.$/,
    )
    expect(existsSync(root)).toBe(false)
    expect(readdirSync(place)).toEqual(['usb'])
  })
})
