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
  readonly kind?: string
  readonly config?: Readonly<Record<string, unknown>>
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
    claimRun(database, { ...identity(run.id), kind: run.kind ?? 'train' }, undefined)
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

const adapter = { 'peft.type': 'adapter', 'peft.bottleneck': 64, 'peft.placement': 'houlsby' }

function entriesOf({ cider, clipscore = 0.7, facts = usual, config = adapter }: Scored): Entry[] {
  const scores = cider === undefined ? {} : { 'val/cider': cider, 'val/clipscore': clipscore, 'val/epoch': 4 }
  const metrics = Object.entries({ 'train/loss': 1.5, ...scores })
  return [
    { entry: 'config', values: config as Extract<Entry, { entry: 'config' }>['values'] },
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

/** The titles of a table of runs of some kinds, and what a run of a kind says of itself. */
function kinds() {
  const table = (runs: readonly Scored[]) => withRuns(runs, (reader, its) => attemptsTable(reader, its))
  return {
    titles: (names: readonly string[]) => table(names.map((kind) => ({ id: kind, kind }))).columns.map(({ title }) => title),
    ofKind: (kind: string, config: Readonly<Record<string, unknown>>) => table([{ id: kind, kind, config }]).rows[0]![1]!.text,
  }
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

  it('has other columns for classifications and for decodings, and those of all where kinds are mixed', () => {
    const { ofKind, titles } = kinds()
    expect(titles(['classify'])).toEqual(['attempt', 'prompts', 'accuracy', 'top-5', 'time', 'state'])
    expect(titles(['decode'])).toEqual(['attempt', 'decoding', 'CIDEr', 'CLIPScore', 'time', 'captions/s', 'state'])
    expect(titles(['train', 'classify']).slice(0, 8)).toEqual(['attempt', 'method', 'trained', '%', 'CIDEr', 'CLIPScore', 'accuracy', 'top-5']) // prettier-ignore
    expect(ofKind('classify', { 'prompts.templates': ['a {}'] })).toBe('a {}')
    expect(ofKind('classify', { 'prompts.templates': ['a {}', 'b {}'] })).toBe('2 templates')
    const beam = { 'decode.strategy': 'beam', 'decode.beams': 5, 'decode.length_penalty': 1, 'decode.no_repeat_ngram': 0 }
    expect(ofKind('decode', beam)).toBe('beam 5')
    expect(ofKind('decode', { ...beam, 'decode.length_penalty': 2 })).toBe('beam 5, length penalty 2')
    expect(ofKind('decode', { 'decode.strategy': 'sample', 'decode.top_p': 0.9 })).toBe('sample, top-p 0.9')
  })

  it('ranks decodings of one run among themselves', () => {
    const runs = ['greedy', 'beam'].map((decoding, i) => ({
      id: decoding,
      kind: 'decode',
      cider: i + 0.5,
      facts: { ...usual, 'score.val.decoding': decoding },
    }))
    expect(ciders([{ id: 'trained', cider: 0.7 }, ...runs])).toEqual(['0.700', '0.500', '1.500 best'])
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
