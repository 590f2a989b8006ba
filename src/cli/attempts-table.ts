// The table of attempts: what was done, how it scored, and whether scores may be compared at all. Runs of each kind have their columns;
// a table of several kinds has those of all.
import type { AttemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { attemptRows } from '../tracking/table-facts.ts'
import { duration, fixed, thousands } from '../tables/format.ts'
import { rank } from '../tables/rank.ts'
import type { Cell, Column, Table } from '../tables/table.ts'

/** What a kind of run varies. */
const methodTitles: Readonly<Record<string, string>> = { train: 'PEFT', classify: 'prompts', decode: 'decoding' }

type KindColumn = Column & {
  /** The kinds that have the column; all unless given. */
  readonly of?: readonly string[]
  readonly cells: (rows: readonly AttemptRow[]) => Cell[]
}

const captioners = ['train', 'decode', 'external']

const columns: readonly KindColumn[] = [
  { title: 'attempt', cells: attemptCells },
  { title: 'method', of: Object.keys(methodTitles), cells: each(({ method }) => method) },
  { title: 'trained', align: 'right', of: ['train', 'external'], cells: each(({ trained }) => thousands(trained)) },
  { title: '%', align: 'right', of: ['train'], cells: each(({ share }) => fixed(share === undefined ? share : 100 * share, 1)) },
  { title: 'CIDEr', align: 'right', of: captioners, cells: scoreCells('cider') },
  { title: 'CLIPScore', align: 'right', of: captioners, cells: scoreCells('clipscore') },
  { title: 'accuracy', align: 'right', of: ['classify'], cells: scoreCells('accuracy') },
  { title: 'top-5', align: 'right', of: ['classify'], cells: scoreCells('top5') },
  { title: 'epoch', align: 'right', of: ['train'], cells: each(({ epoch }) => fixed(epoch, 0)) },
  { title: 'loss', align: 'right', of: ['train'], cells: each(({ lastLoss }) => fixed(lastLoss, 3)) },
  { title: 'time', align: 'right', cells: each(({ seconds }) => duration(seconds)) },
  { title: 'captions/s', align: 'right', of: ['train', 'decode'], cells: each((row) => fixed(row.captionsPerSecond, 0)) },
  { title: 'state', cells: each(({ run }) => (run.reason === null ? run.state : `${run.state}: ${run.reason}`)) },
]

/** One row for each run. The best and second best score are marked among rows that were scored in equal circumstances. */
export function attemptsTable(reader: Reader, runs: readonly RunRow[], { ids = false } = {}): Table {
  const rows = attemptRows(reader, runs)
  const kinds = [...new Set(runs.map(({ kind }) => kind))]
  const shown = columns.filter(({ of }) => of === undefined || kinds.length === 0 || kinds.some((kind) => of.includes(kind)))
  const cells = shown.map((column) => column.cells(rows))
  const titled = shown.map(({ title, align }) => ({
    title: title === 'method' ? methodTitle(kinds) : title,
    ...(align && { align }),
  }))
  return {
    columns: ids ? [{ title: 'run' }, ...titled] : titled,
    rows: rows.map(({ run }, i) => [...(ids ? [{ text: run.id }] : []), ...cells.map((column) => column[i]!)]),
  }
}

function methodTitle(kinds: readonly string[]): string {
  const titles = new Set(kinds.flatMap((kind) => methodTitles[kind] ?? []))
  return titles.size === 1 ? [...titles][0]! : 'method'
}

function each(text: (row: AttemptRow) => string): KindColumn['cells'] {
  return (rows) => rows.map((row) => ({ text: text(row) }))
}

/** Nothing in a classification is random: its seed says nothing. */
function attemptCells(rows: readonly AttemptRow[]): Cell[] {
  const seeds = rows.flatMap(({ run }) => (run.kind === 'classify' ? [] : [run.seed]))
  const several = new Set(seeds).size > 1
  return rows.map(({ run }) => ({
    text: several && run.kind !== 'classify' ? `${run.attempt} seed ${run.seed}` : run.attempt,
  }))
}

function scoreCells(score: 'cider' | 'clipscore' | 'accuracy' | 'top5'): KindColumn['cells'] {
  return (rows) => {
    const values = rows.map((row) => row[score])
    const marks = rank(values, { groups: rows.map(({ circumstances }) => circumstances) })
    return values.map((value, i) => ({ text: fixed(value, 3), ...(marks[i] === undefined ? {} : { mark: marks[i] }) }))
  }
}

/** A sentence under the table: what the scores were measured on, or that they must not be ranked. */
export function scoredOn(reader: Reader, runs: readonly RunRow[]): string {
  const rows = attemptRows(reader, runs)
  const scored = rows.filter(({ cider, accuracy }) => cider !== undefined || accuracy !== undefined)
  const kinds = [...new Set(scored.map(({ circumstances }) => circumstances))]
  if (kinds.length === 0) return ''
  if (kinds.length > 1)
    return `Scores of ${kinds.length} kinds, marked apart because they cannot be ranked together:\n${kinds.map((kind) => `  ${kind}`).join('\n')}`
  const [first] = scored
  const what = first?.accuracy === undefined ? 'validation' : 'labelled'
  return `Scored once on all ${first?.images ?? '?'} ${what} images (${shortened(kinds[0] ?? '')}).`
}

function shortened(circumstances: string): string {
  return circumstances.replace(/[0-9a-f]{24,}/g, (hash) => hash.slice(0, 8))
}
