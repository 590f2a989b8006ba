// What a study has done and what it still lacks, cell by cell, with the reasons.
import { duration, fixed } from '../../src/tables/format.ts'
import { cell, harmless, type Table } from '../../src/tables/table.ts'
import type { Attempt } from '../data/attempts.ts'
import { step, type Model, type Size, type Step } from '../model.ts'
import { accented, bad, dim, good, inverse } from '../style.ts'
import { apart, cutTo, fitted } from '../text.ts'
import type { View } from '../view.ts'
import { cursorOf, shownMatrix, studyNames, type StudyMatrix } from './study-cells.ts'

export const studyView: View = {
  ...{ name: 'study', title: 'Study', key: '5', lines: studyLines, table: studyTable },
  bindings: [
    { keys: ['up', 'k'], scope: 'study', about: 'attempt above', press: move(-1, 0) },
    { keys: ['down', 'j'], scope: 'study', about: 'attempt below', press: move(1, 0) },
    { keys: ['left', 'h'], scope: 'study', about: 'seed before', press: move(0, -1) },
    { keys: ['right', 'l'], scope: 'study', about: 'seed after', press: move(0, 1) },
    { keys: ['.'], scope: 'study', about: 'older study', short: 'study', press: (model) => step(otherStudy(model, 1)) },
    { keys: [','], scope: 'study', about: 'newer study', press: (model) => step(otherStudy(model, -1)) },
  ],
}

function move(rows: number, columns: number): (model: Model) => Step {
  return (model) => {
    const shown = shownMatrix(model)
    if (shown === undefined) return step(model)
    const { row, column } = cursorOf(model, shown)
    const within = (place: number, count: number) => Math.max(0, Math.min(count - 1, place))
    const studyCursor = { row: within(row + rows, shown.attempts.length), column: within(column + columns, shown.seeds.length) }
    return step({ ...model, studyCursor })
  }
}

function otherStudy(model: Model, by: number): Model {
  const names = studyNames(model.attempts)
  const shown = shownMatrix(model)
  const next = names[names.indexOf(shown?.study ?? '') + by]
  return next === undefined ? model : { ...model, shownStudy: next, studyCursor: { row: 0, column: 0 } }
}

const nameWidth = 18

function studyLines(model: Model, size: Size): string[] {
  const shown = shownMatrix(model)
  if (shown === undefined) return [dim('No study yet.')]
  const cursor = cursorOf(model, shown)
  const names = Math.min(nameWidth, Math.max(8, ...shown.attempts.map((name) => name.length + 1)))
  const width = Math.max(12, Math.min(22, Math.floor((size.columns - names) / shown.seeds.length) - 1))
  const visible = Math.max(1, Math.floor((size.columns - names) / (width + 1)))
  const first = Math.max(0, cursor.column - visible + 1)
  const reasons = troubles(shown)
  const height = Math.max(3, size.rows - 3 - Math.min(6, reasons.length))
  const top = Math.max(0, Math.min(shown.attempts.length - height, cursor.row - Math.floor(height / 2)))
  const rows = shown.attempts.slice(top, top + height).map((name, i) => {
    const cells = shown.cells[top + i]!.slice(first, first + visible).map((attempt, j) => {
      const text = fitted(cellText(attempt), width)
      return top + i === cursor.row && first + j === cursor.column ? inverse(text) : paintOf(attempt)(text)
    })
    return fitted(harmless(name), names) + cells.join(' ')
  })
  const all = [
    apart(`${accented(harmless(shown.study))}  ${countsText(shown)}`, `${studyNames(model.attempts).indexOf(shown.study) + 1} of ${studyNames(model.attempts).length} studies`, size.columns), // prettier-ignore
    dim(' '.repeat(names) + shown.seeds.slice(first, first + visible).map((seed) => fitted(`seed ${seed}`, width)).join(' ')), // prettier-ignore
    ...rows,
    '',
    ...reasons,
  ]
  return all.slice(0, size.rows).map((line) => cutTo(line, size.columns))
}

/** Signs and words: nothing depends on colour. */
function cellText(attempt: Attempt | undefined): string {
  if (attempt === undefined) return '· missing'
  const { run, cider, accuracy, progress } = attempt
  switch (run.state) {
    case 'finished':
      return `✓ ${fixed(cider ?? accuracy, 3)}`
    case 'running': {
      const part = progress?.steps === undefined ? 'running' : `${Math.floor((100 * progress.step) / progress.steps)} %`
      return `▶ ${part}${progress?.remaining === undefined ? '' : ` ${duration(progress.remaining)}`}`
    }
    case 'queued':
      return '… queued'
    case 'stopped':
      return '‖ stopped'
    default:
      return `✗ ${run.state}`
  }
}

function paintOf(attempt: Attempt | undefined): (text: string) => string {
  const state = attempt?.run.state
  if (state === 'finished') return good
  if (state === 'running') return accented
  return state === 'failed' || state === 'crashed' ? bad : dim
}

function countsText({ cells }: StudyMatrix): string {
  const counts = new Map<string, number>()
  for (const attempt of cells.flat()) {
    const state = attempt?.run.state ?? 'missing'
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
}

/** Why cells are not done. */
function troubles({ cells }: StudyMatrix): string[] {
  return cells.flat().flatMap((attempt) => {
    if (attempt?.run.reason == null || attempt.run.state === 'finished') return []
    return [
      `${bad(harmless(`${attempt.run.attempt} s${attempt.run.seed}`))} ${attempt.run.state}: ${harmless(attempt.run.reason)}`,
    ]
  })
}

function studyTable(model: Model): Table | undefined {
  const shown = shownMatrix(model)
  if (shown === undefined) return undefined
  return {
    columns: [{ title: 'attempt' }, ...shown.seeds.map((seed) => ({ title: `seed ${seed}` }))],
    rows: shown.attempts.map((name, i) => [cell(name), ...shown.cells[i]!.map((attempt) => cell(cellText(attempt)))]),
  }
}
