// The table of runs.
import { thousands, fixed } from '../../src/tables/format.ts'
import { cell, harmless, type Cell, type Table } from '../../src/tables/table.ts'
import type { Attempt } from '../data/attempts.ts'
import { baselineOf } from '../data/picks.ts'
import { podiums } from '../data/ranking.ts'
import type { Model, Size } from '../model.ts'
import { remembering } from '../remember.ts'
import { accented, bad, bold, dim, inverse, underlined } from '../style.ts'
import { apart, cutTo, fitted } from '../text.ts'
import type { View } from '../view.ts'
import { runsBindings } from './runs-bindings.ts'
import { availableColumns, columnNamed, type RunsColumn } from './runs-columns.ts'
import type { RunsRow } from './runs-row.ts'
import { cursorIn, shownRows } from './runs-rows.ts'
import { stateStyle } from './state-style.ts'

export const runsView: View = {
  ...{ name: 'runs', title: 'Runs', key: '2', lines: runsLines, bindings: runsBindings, table: runsTable },
}

function runsLines(model: Model, size: Size): string[] {
  const { rows, of, problem } = shownRows(model)
  const height = size.rows - 3
  const cursor = cursorIn(rows, model.runs.cursor)
  const top = Math.max(0, Math.min(rows.length - height, cursor - Math.floor(height / 2)))
  const drawn = placed(availableColumns(model), model, size.columns)
  const body = rows.slice(top, top + height).map((row, i) => rowLine(row, drawn, model, size.columns, top + i === cursor))
  return [
    apart(statusText(model, rows.length, of, problem), `${rows.length === 0 ? 0 : cursor + 1}/${rows.length}`, size.columns),
    headLine(drawn, model),
    ...body,
    ...Array.from({ length: Math.max(0, height - body.length) }, () => ''),
    detailLine(rows[cursor]?.attempt, size.columns),
  ]
}

function statusText({ runs, picked, waiting = 0 }: Model, shown: number, of: number, problem: string | undefined): string {
  const parts = [
    runs.grouped ? `${thousands(shown)} attempts` : `${thousands(shown)} of ${thousands(of)} runs`,
    ...(waiting > 0 ? [`reading ${thousands(waiting)} more`] : []),
    ...(runs.filter === '' ? [] : [problem === undefined ? `filter: ${runs.filter}` : bad(`filter: ${problem}`)]),
    ...(runs.sort === undefined ? [] : [`by ${runs.sort.column} ${runs.sort.down ? 'down' : 'up'}`]),
    ...(runs.relative ? ['scores less the baseline'] : []),
    ...(picked.length === 0 ? [] : [`${picked.length} picked`]),
    ...(runs.hidden.length === 0 ? [] : [`${runs.hidden.length} columns hidden`]),
  ]
  return parts.join(' · ')
}

interface Placed {
  readonly column: RunsColumn
  readonly width: number
}

const margin = 2 // signs before each row

/** Frozen columns, then as many as fit from the first that lets the cursor's column be seen. */
function placed(available: readonly RunsColumn[], { runs }: Model, width: number): Placed[] {
  const frozen = available.slice(0, 1 + available.findIndex(({ name }) => name === runs.frozen))
  const others = available.slice(frozen.length)
  const wanted = others.findIndex(({ name }) => name === runs.column)
  let first = 0
  while (first < wanted && !fits([...frozen, ...others.slice(first, wanted + 1)], runs.grouped, width)) first++
  let count = 0
  while (count < others.length - first && fits([...frozen, ...others.slice(first, first + count + 1)], runs.grouped, width))
    count++
  return widened([...frozen, ...others.slice(first, first + Math.max(1, count))], runs.grouped, width)
}

const widthOf = (column: RunsColumn, grouped: boolean) => (grouped ? (column.groupWidth ?? column.width) : column.width)

function total(shown: readonly RunsColumn[], grouped: boolean): number {
  return margin + shown.reduce((sum, column) => sum + 1 + widthOf(column, grouped), 0)
}

function fits(shown: readonly RunsColumn[], grouped: boolean, width: number): boolean {
  return total(shown, grouped) <= width
}

/** What is left of the line goes to the columns that can use it. */
function widened(shown: readonly RunsColumn[], grouped: boolean, width: number): Placed[] {
  let left = width - total(shown, grouped)
  return shown.map((column) => {
    const own = widthOf(column, grouped)
    const more = Math.max(0, Math.min(left, (column.upTo ?? 0) - own))
    left -= more
    return { column, width: own + more }
  })
}

function headLine(drawn: readonly Placed[], { runs }: Model): string {
  const titles = drawn.map(({ column, width }) => {
    const arrow = runs.sort?.column === column.name ? (runs.sort.down ? '↓' : '↑') : ''
    const title = fitted(column.title + arrow, width, column.align)
    return column.name === runs.column ? underlined(accented(title)) : dim(title)
  })
  return `${' '.repeat(margin)} ${titles.join(' ')}`
}

function rowLine(row: RunsRow, drawn: readonly Placed[], model: Model, width: number, hasCursor: boolean): string {
  const { attempt } = row
  const signs = (model.picked.includes(attempt.run.id) ? '●' : ' ') + (attempt.run.baseline === 1 ? '◆' : ' ')
  const cells = drawn.map(({ column, width: its }) => cellText(row, column, model, its, !hasCursor))
  const line = `${signs} ${cells.join(' ')}`
  return hasCursor ? inverse(fitted(line, width)) : cutTo(line, width)
}

function cellText(row: RunsRow, column: RunsColumn, model: Model, width: number, coloured: boolean): string {
  const text = harmless(textOf(row, column, model))
  const mark = column.score === undefined ? undefined : markOf(row, column, model)
  const sign = column.score === undefined ? '' : mark === 'best' ? '*' : mark === 'second' ? '+' : ' '
  const whole = fitted(text + sign, width, column.align)
  if (!coloured) return whole
  if (mark !== undefined) return mark === 'best' ? bold(whole) : underlined(whole)
  if (column.name === 'state') return stateStyle(row.attempt)(whole)
  return column.name === 'run' && row.attempt.run.state !== 'finished' ? dim(whole) : whole
}

function textOf(row: RunsRow, column: RunsColumn, model: Model): string {
  if (!model.runs.relative || column.score === undefined || row.group !== undefined) return column.text(row, model.now)
  const baseline = baselines(model.attempts).get(row.attempt.run.study)
  const [ours, theirs] = [column.score(row.attempt), baseline && column.score(baseline)]
  if (ours === undefined || theirs === undefined || baseline === row.attempt) return column.text(row, model.now)
  if (baseline!.circumstances !== row.attempt.circumstances) return 'n/a'
  return `${ours >= theirs ? '+' : ''}${fixed(ours - theirs, 3)}`
}

/** By study, of the finished runs. */
const baselines = remembering((attempts: readonly Attempt[]): ReadonlyMap<string, Attempt> => {
  const byStudy = new Map<string, Attempt[]>()
  for (const attempt of attempts) {
    if (attempt.run.state !== 'finished') continue
    const known = byStudy.get(attempt.run.study)
    if (known === undefined) byStudy.set(attempt.run.study, [attempt])
    else known.push(attempt)
  }
  return new Map(
    [...byStudy].flatMap(([study, its]) => {
      const baseline = baselineOf(its)
      return baseline === undefined ? [] : [[study, baseline] as const]
    }),
  )
})

function markOf(row: RunsRow, column: RunsColumn, model: Model): Cell['mark'] {
  return marks(shownRows(model).unordered, column.name).get(row.key)
}

const marksOf = new Map<string, (rows: readonly RunsRow[]) => ReadonlyMap<string, NonNullable<Cell['mark']>>>()

/** Remembered column by column. */
function marks(rows: readonly RunsRow[], name: string): ReadonlyMap<string, NonNullable<Cell['mark']>> {
  const known = marksOf.get(name) ?? remembering((its: readonly RunsRow[]) => marksIn(its, name))
  marksOf.set(name, known)
  return known(rows)
}

function marksIn(rows: readonly RunsRow[], name: string): Map<string, NonNullable<Cell['mark']>> {
  const { value } = columnNamed(name)
  const found = podiums(
    rows.map((row) => value(row) as number | undefined),
    rows.map(({ attempt }) => attempt.circumstances),
  )
  return new Map(rows.flatMap(({ key }, i) => (found[i] === undefined ? [] : [[key, found[i]] as const])))
}

/** The run at the cursor in words. */
function detailLine(attempt: Attempt | undefined, width: number): string {
  if (attempt === undefined) return ''
  const { run, tags, notes } = attempt
  const parts = [
    run.id,
    ...(run.reason === null ? [] : [`${run.state}: ${run.reason}`]),
    ...(tags.length === 0 ? [] : [`tags: ${tags.join(' ')}`]),
    ...(notes.length === 0 ? [] : [`note: ${notes.at(-1)!}`]),
  ]
  return dim(cutTo(harmless(parts.join(' · ')), width))
}

/** Every shown row, whatever fits on the screen. */
function runsTable(model: Model): Table {
  const shown = availableColumns(model).filter(({ name }) => name !== 'live')
  return {
    columns: shown.map(({ title, align }) => ({ title, align })),
    rows: shownRows(model).rows.map((row) =>
      shown.map((column) => cell(textOf(row, column, model), column.score && markOf(row, column, model))),
    ),
  }
}
