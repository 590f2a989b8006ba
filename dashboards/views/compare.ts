// The attempts beside each other: what they are, how they scored, whether that is more than luck, what they cost, where they differ.
import { harmless } from '../../src/tables/table.ts'
import type { Attempt } from '../data/attempts.ts'
import type { Need } from '../data/messages.ts'
import { baselineOf } from '../data/picks.ts'
import { answerTo, type Model, type Size } from '../model.ts'
import { accented, bad, bold, dim, good, inverse, underlined } from '../style.ts'
import { cutTo, fitted } from '../text.ts'
import type { View } from '../view.ts'
import { compareBindings } from './compare-bindings.ts'
import { scatterLines, scatterPage } from './compare-scatter.ts'
import { compared, comparisonTable, type Compared, type ComparedCell, type ComparedRow } from './compared.ts'
import { comparedAttempts } from './compared-attempts.ts'

export const compareView: View = {
  ...{ name: 'compare', title: 'Compare', key: '1', lines: compareLines, bindings: compareBindings },
  needs: (model) => [verdictsNeed(comparedAttempts(model))],
  table: (model) => (comparedAttempts(model).length === 0 ? undefined : comparisonTable(comparisonOf(model))),
  page: (model) => (model.compare.against === undefined ? undefined : scatterPage(model, model.compare.against)),
}

function verdictsNeed(attempts: readonly Attempt[]): Extract<Need, { need: 'verdicts' }> {
  return { need: 'verdicts', runs: attempts.map(({ run }) => run.id), baseline: baselineOf(attempts)?.run.id }
}

function comparisonOf(model: Model): Compared {
  const attempts = comparedAttempts(model)
  return compared(attempts, answerTo(model, verdictsNeed(attempts)), model.now, model.compare.allOptions)
}

const labelWidth = 13
const narrowest = 16
const widest = 30

function compareLines(model: Model, size: Size): string[] {
  if (model.compare.against !== undefined) return scatterLines(model, model.compare.against, size)
  const comparison = comparisonOf(model)
  const cursor = Math.max(0, comparison.attempts.findIndex(({ run }) => run.id === model.compare.cursor)) // prettier-ignore
  const labels = labelColumns(comparison, size.columns)
  const { first, count, width } = window(comparison.attempts.length, cursor, size.columns - labels)
  const line = (label: string, cells: readonly string[]) =>
    cutTo(fitted(label, labels) + cells.slice(first, first + count).map((text) => fitted(text, width)).join(' '), size.columns) // prettier-ignore
  const head = line(
    aboutText(comparison, first, count),
    comparison.names.map((name, i) =>
      headText(harmless(name), i === cursor, comparison.attempts[i]!.run.id === comparison.baseline?.run.id),
    ),
  )
  const draw = ({ label, cells }: ComparedRow) => line(shortLabel(harmless(label), labels), cells.map(cellText))
  const body = [...comparison.facts.map(draw), ...optionLines(comparison, draw, model.compare.allOptions)]
  const height = size.rows - 2
  const top = Math.max(0, Math.min(model.compare.scroll, body.length - height))
  return [head, ...body.slice(top, top + height), legend(body.length - top - height, size.columns)]
}

/** Names of options may be long, but never at the cost of an attempt. */
function labelColumns({ options, attempts }: Compared, width: number): number {
  const wanted = Math.max(labelWidth, ...options.map(({ label }) => label.length + 1))
  return Math.max(labelWidth, Math.min(wanted, width - attempts.length * (narrowest + 1) + 1))
}

/** Of an option the end, where the whole has no room. */
function shortLabel(label: string, width: number): string {
  return label.length < width ? label : label.slice(label.lastIndexOf('.') + 1)
}

/** As many columns as fit, so that the cursor's is among them. */
function window(attempts: number, cursor: number, room: number): { first: number; count: number; width: number } {
  const count = Math.max(1, Math.min(attempts, Math.floor((room + 1) / (narrowest + 1))))
  const width = Math.min(widest, Math.floor((room + 1) / count) - 1)
  return { first: Math.max(0, Math.min(cursor - count + 1, attempts - count)), count, width }
}

function aboutText({ attempts }: Compared, first: number, count: number): string {
  return attempts.length <= count ? '' : dim(`${first + 1}-${first + count} of ${attempts.length}`)
}

function headText(name: string, hasCursor: boolean, isBaseline: boolean): string {
  const title = isBaseline ? `${name} ◆` : name
  return hasCursor ? inverse(bold(title)) : accented(bold(title))
}

function cellText({ text, mark, word }: ComparedCell): string {
  const safe = harmless(text)
  if (mark === 'best') return bold(`${safe}*`)
  if (mark === 'second') return underlined(`${safe}+`)
  if (word === 'better') return good(safe)
  return word === 'worse' ? bad(safe) : safe
}

function optionLines({ options, attempts }: Compared, draw: (row: ComparedRow) => string, all: boolean): string[] {
  if (all) return [dim('all options'), ...options.map(draw)]
  if (attempts.length < 2) return []
  if (options.length === 0) return [dim('No option differs.')]
  return [dim('options that differ'), ...options.map(draw)]
}

function legend(below: number, width: number): string {
  const more = below > 0 ? `${below} more below. ` : ''
  return dim(cutTo(`${more}* best  + second  ◆ baseline  open: the interval holds 0, luck explains it`, width))
}
