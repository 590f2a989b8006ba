import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attemptsTable, scoredOn } from '../../../src/cli/attempts-table.ts'
import { plain } from '../../../src/tables/plain.ts'
import { openReader, type Reader } from '../../../src/tracking/reader.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

interface Scored {
  readonly id: string
  readonly cider?: number
  readonly clipscore?: number
  readonly facts?: Readonly<Record<string, unknown>>
}

const usual = { 'score.val.data': 'd'.repeat(64), 'score.val.images': 300, 'score.val.engine': 'onnx' }

/** Records finished runs, one after the other, and reads them. */
async function withRuns<T>(runs: readonly Scored[], read: (reader: Reader) => T): Promise<T> {
  const folder = temporaryFolder()
  for (const { id, cider, clipscore, facts = usual } of runs) {
    const writer = await writerIn(folder, id)
    writer.config({ peft: { type: 'adapter', bottleneck: 64, placement: 'houlsby' } })
    writer.environment({ ...facts, 'model.trained': 1_234_567, 'model.total': 10_000_000 })
    writer.metric('train/loss', 40, 1.5)
    if (cider !== undefined) writer.metrics(40, { 'val/cider': cider, 'val/clipscore': clipscore ?? 0.7, 'val/epoch': 4 })
    await writer.finish('finished')
  }
  const reader = openReader(join(folder, 'runs.db'))
  try {
    return read(reader)
  } finally {
    reader.close()
  }
}

const oldestFirst = (reader: Reader) => reader.runs().toReversed()

/** CIDEr with its mark, by attempt. */
function ciders(runs: readonly Scored[]): Promise<string[]> {
  return withRuns(runs, (reader) => {
    const { columns, rows } = attemptsTable(reader, oldestFirst(reader))
    const at = columns.findIndex(({ title }) => title === 'CIDEr')
    return rows.map((row) => `${row[at]!.text} ${row[at]!.mark ?? ''}`.trim())
  })
}

describe('the table of attempts', () => {
  it('has method, size, scores with their epoch, loss and state', async () => {
    const table = await withRuns([{ id: 'a', cider: 0.91234, clipscore: 0.7 }], (reader) =>
      plain(attemptsTable(reader, reader.runs())),
    )
    expect(table.split('\n')[2]).toMatch(
      /^a +adapter 64, houlsby +1 234 567 +12\.3 +0\.912 +0\.700 +4 +1\.500 +\S+ m?s +– +finished$/,
    )
  })

  it('marks the best and the second best', async () => {
    expect(
      await ciders([
        { id: 'a', cider: 0.5 },
        { id: 'b', cider: 0.9 },
        { id: 'c', cider: 0.7 },
      ]),
    ).toEqual(['0.500', '0.900 best', '0.700 second'])
  })

  it('marks equals alike', async () => {
    expect(
      await ciders([
        { id: 'a', cider: 0.9 },
        { id: 'b', cider: 0.9 },
        { id: 'c', cider: 0.7 },
      ]),
    ).toEqual(['0.900 best', '0.900 best', '0.700'])
  })

  it('marks nothing that stands alone, and leaves out what was not scored', async () => {
    expect(await ciders([{ id: 'a', cider: 0.5 }, { id: 'b' }])).toEqual(['0.500', '–'])
  })

  it.each(['data', 'images', 'engine'])('never ranks scores together that differ in their %s', async (fact) => {
    const facts = { ...usual, [`score.val.${fact}`]: 'another' }
    const runs = [
      { id: 'a', cider: 0.5 },
      { id: 'b', cider: 0.4 },
      { id: 'c', cider: 0.9, facts },
    ]
    expect(await ciders(runs)).toEqual(['0.500 best', '0.400', '0.900'])
  })

  it('says what the scores were measured on, or that there are several kinds', async () => {
    const runs = [
      { id: 'a', cider: 0.5 },
      { id: 'b', cider: 0.4 },
    ]
    expect(await withRuns(runs, (reader) => scoredOn(reader, reader.runs()))).toBe(
      'Scored once on all 300 validation images (data=dddddddd; engine=onnx; images=300).',
    )
    const mixed = [...runs, { id: 'c', cider: 0.9, facts: { ...usual, 'score.val.engine': 'wasm' } }]
    expect(await withRuns(mixed, (reader) => scoredOn(reader, reader.runs()))).toMatch(
      /^Scores of 2 kinds, .* cannot be ranked together:\n {2}\S.*\n {2}\S.*$/,
    )
    expect(await withRuns([{ id: 'a' }], (reader) => scoredOn(reader, reader.runs()))).toBe('')
  })
})
