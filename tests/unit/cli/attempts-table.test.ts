import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attemptsTable, scoredOn } from '../../../src/cli/attempts-table.ts'
import { plain } from '../../../src/tables/plain.ts'
import { claimRun } from '../../../src/tracking/claim.ts'
import { openDatabase } from '../../../src/tracking/database.ts'
import type { Entry } from '../../../src/tracking/entries.ts'
import { openReader, type Reader } from '../../../src/tracking/reader.ts'
import type { RunRow } from '../../../src/tracking/run-state.ts'
import { openStore } from '../../../src/tracking/store.ts'
import { identity } from '../../fixtures/tracking/processes.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

interface Scored {
  readonly id: string
  readonly cider?: number
  readonly clipscore?: number
  readonly facts?: Readonly<Record<string, unknown>>
}

const usual = { 'score.val.data': 'd'.repeat(64), 'score.val.images': 300, 'score.val.engine': 'onnx' }

/** Records finished runs, in one go, and reads them. */
function withRuns<T>(runs: readonly Scored[], read: (reader: Reader, rows: readonly RunRow[]) => T): T {
  const path = join(temporaryFolder(), 'runs.db')
  const database = openDatabase(path)
  for (const run of runs) {
    claimRun(database, identity(run.id), undefined)
    openStore(database, run.id).apply(entriesOf(run))
  }
  database.close()
  const reader = openReader(path)
  try {
    return read(
      reader,
      runs.map(({ id }) => reader.run(id)!),
    )
  } finally {
    reader.close()
  }
}

function entriesOf({ cider, clipscore = 0.7, facts = usual }: Scored): Entry[] {
  const scores = cider === undefined ? {} : { 'val/cider': cider, 'val/clipscore': clipscore, 'val/epoch': 4 }
  const metrics = Object.entries({ 'train/loss': 1.5, ...scores })
  return [
    { entry: 'config', values: { 'peft.type': 'adapter', 'peft.bottleneck': 64, 'peft.placement': 'houlsby' } },
    { entry: 'environment', values: { ...facts, 'model.trained': 1_234_567, 'model.total': 10_000_000 } },
    ...metrics.map(([name, value]) => ({ entry: 'metric', name, step: 40, value, at: Date.now() }) as const),
    { entry: 'end', state: 'finished', reason: null, at: Date.now() },
  ]
}

/** CIDEr with its mark, by attempt. */
function ciders(runs: readonly Scored[]): string[] {
  return withRuns(runs, (reader, its) => {
    const { columns, rows } = attemptsTable(reader, its)
    const at = columns.findIndex(({ title }) => title === 'CIDEr')
    return rows.map((row) => `${row[at]!.text} ${row[at]!.mark ?? ''}`.trim())
  })
}

describe('the table of attempts', () => {
  it('has method, size, scores with their epoch, loss and state', () => {
    const table = withRuns([{ id: 'a', cider: 0.91234, clipscore: 0.7 }], (reader, its) => plain(attemptsTable(reader, its)))
    expect(table.split('\n')[2]).toMatch(
      /^a +adapter 64, houlsby +1 234 567 +12\.3 +0\.912 +0\.700 +4 +1\.500 +\S+ m?s +– +finished$/,
    )
  })

  it('marks the best and the second best', () => {
    expect(
      ciders([
        { id: 'a', cider: 0.5 },
        { id: 'b', cider: 0.9 },
        { id: 'c', cider: 0.7 },
      ]),
    ).toEqual(['0.500', '0.900 best', '0.700 second'])
  })

  it('marks equals alike', () => {
    expect(
      ciders([
        { id: 'a', cider: 0.9 },
        { id: 'b', cider: 0.9 },
        { id: 'c', cider: 0.7 },
      ]),
    ).toEqual(['0.900 best', '0.900 best', '0.700'])
  })

  it('marks nothing that stands alone, and leaves out what was not scored', () => {
    expect(ciders([{ id: 'a', cider: 0.5 }, { id: 'b' }])).toEqual(['0.500', '–'])
  })

  it.each(['data', 'images', 'engine'])('never ranks scores together that differ in their %s', (fact) => {
    const facts = { ...usual, [`score.val.${fact}`]: 'another' }
    const runs = [
      { id: 'a', cider: 0.5 },
      { id: 'b', cider: 0.4 },
      { id: 'c', cider: 0.9, facts },
    ]
    expect(ciders(runs)).toEqual(['0.500 best', '0.400', '0.900'])
  })

  it('says what the scores were measured on, or that there are several kinds', () => {
    const runs = [
      { id: 'a', cider: 0.5 },
      { id: 'b', cider: 0.4 },
    ]
    expect(withRuns(runs, (reader, its) => scoredOn(reader, its))).toBe(
      'Scored once on all 300 validation images (data=dddddddd; engine=onnx; images=300).',
    )
    const mixed = [...runs, { id: 'c', cider: 0.9, facts: { ...usual, 'score.val.engine': 'wasm' } }]
    expect(withRuns(mixed, (reader, its) => scoredOn(reader, its))).toMatch(
      /^Scores of 2 kinds, .* cannot be ranked together:\n {2}\S.*\n {2}\S.*$/,
    )
    expect(withRuns([{ id: 'a' }], (reader, its) => scoredOn(reader, its))).toBe('')
  })
})
