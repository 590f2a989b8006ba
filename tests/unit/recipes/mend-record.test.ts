import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/base/files.ts'
import { toYaml } from '../../../src/config/yaml-source.ts'
import { mendRecord } from '../../../src/recipes/mend-record.ts'
import { csv } from '../../../src/tables/csv.ts'
import { readCsv } from '../../../src/tables/read-csv.ts'
import type { KnownOfRun } from '../../../src/tracking/rebuild.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

const nothing: KnownOfRun = { config: false, splits: new Set(), artifacts: new Set(), lastStep: () => 40 }
const captions = ['a red ball', 'a "red" ball,\nand a box', '=SUM(1)', '-1', "'quoted", '']

/** A run's folder without a journal. */
function folderOf(): string {
  const folder = temporaryFolder()
  for (const name of ['predictions', 'scores']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'config.yaml'), toYaml({ seed: 1, peft: { type: 'lora', targets: ['c_attn'] } }))
  writeFileSync(join(folder, 'predictions/val.json'), JSON.stringify(Object.fromEntries(captions.map((text, i) => [`image ${i}`, text])))) // prettier-ignore
  writeFileSync(join(folder, 'predictions/subset.json'), '{}')
  return folder
}

const scores = csv({
  columns: ['image', 'caption', 'cider', 'clipscore'].map((title) => ({ title })),
  rows: captions.map((text, i) => [`image ${i}`, text, i === 1 ? '' : '0.5', '-1'].map((each) => ({ text: each }))),
})

describe('a record that is mended', () => {
  it('takes the configuration, the scored captions and the files from where they lie', () => {
    const folder = folderOf()
    writeFileSync(join(folder, 'scores/val.csv'), scores)
    const rows = captions.map((caption, i) => ({ image: `image ${i}`, caption, cider: i === 1 ? undefined : 0.5, clipscore: -1 }))
    const entries = mendRecord(folder, nothing)
    expect(entries.slice(0, 2)).toEqual([
      { entry: 'config', values: { seed: 1, 'peft.type': 'lora', 'peft.targets': ['c_attn'] } },
      { entry: 'samples', split: 'val', step: 40, rows },
    ])
    expect(entries.slice(2)).toMatchObject([
      { entry: 'artifact', path: 'predictions/val.json' },
      { entry: 'artifact', path: 'scores/val.csv', bytes: scores.length, sha256: sha256(scores) },
    ])
  })

  it('takes captions without scores from the predictions, and none where their step is not known', () => {
    const folder = folderOf()
    const known = { ...nothing, config: true, artifacts: new Set(['predictions/val.json']) }
    expect(mendRecord(folder, known)).toMatchObject([{ entry: 'samples', rows: [{ image: 'image 0', caption: 'a red ball' }, {}, {}, {}, {}, {}] }]) // prettier-ignore
    expect(mendRecord(folder, { ...known, lastStep: () => undefined })).toEqual([])
    expect(mendRecord(folder, { ...known, splits: new Set(['val']) })).toEqual([])
  })

  it('takes nothing from a file that is damaged too', () => {
    const folder = folderOf()
    writeFileSync(join(folder, 'config.yaml'), 'seed: [')
    writeFileSync(join(folder, 'predictions/val.json'), '{"a": ')
    expect(mendRecord(folder, nothing).map(({ entry }) => entry)).toEqual(['artifact'])
  })
})

it('a CSV that was printed is read back as it was', () => {
  expect(readCsv(scores)).toEqual([
    ['image', 'caption', 'cider', 'clipscore'],
    ...captions.map((text, i) => [`image ${i}`, text, i === 1 ? '' : '0.5', '-1']),
  ])
  expect(readCsv('a,b\n1,\n')).toEqual([
    ['a', 'b'],
    ['1', ''],
  ])
  expect(readCsv('')).toEqual([])
})
