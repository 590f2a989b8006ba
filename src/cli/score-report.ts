// Scores as text for people: the line of the course's evaluator, tables with intervals, and where two programs differ most.
import type { BaselineVerdict } from '../recipes/course-baselines.ts'
import type { Interval, PairedComparison } from '../recipes/measures.ts'
import { fixed, percent } from '../tables/format.ts'
import { harmless, type Column } from '../tables/table.ts'
import { shownTable } from './show-table.ts'

/** A score with its interval. */
export interface ShownScore {
  readonly key: string
  readonly title: string
  readonly interval: Interval
}

/** `CIDEr: 0.9 | CLIPScore: 0.7`, all digits, as the course's evaluator prints it; of what was not asked for nothing. */
export function scoreLine(scores: readonly ShownScore[]): string {
  const named = scores.filter(({ key }) => key === 'cider' || key === 'clipscore')
  return (named.length > 0 ? named : scores.slice(0, 1)).map(({ title, interval }) => `${title}: ${interval.mean}`).join(' | ')
}

/** One row for each score. */
export function scoresTable(scores: readonly ShownScore[]): string {
  return shownTable({
    columns: [{ title: 'metric' }, right('score'), right('95 % interval')],
    rows: scores.map(({ title, interval }) => [title, fixed(interval.mean, 4), range(interval)].map((text) => ({ text }))),
  })
}

/** Several sets of captions as rows, a column for each score but the lesser BLEUs. */
export function setsTable(sets: readonly { readonly name: string; readonly scores: readonly ShownScore[] }[]): string {
  const told = ({ key }: ShownScore) => !/^bleu[123]$/.test(key)
  return shownTable({
    columns: [{ title: 'captions scored against' }, ...(sets[0]?.scores ?? []).filter(told).map(({ title }) => right(title))],
    rows: sets.map(({ name, scores }) => [
      { text: name },
      ...scores.filter(told).map(({ interval }) => ({ text: fixed(interval.mean, 3) })),
    ]),
  })
}

export interface ComparedScore extends ShownScore {
  readonly theirs: number
  readonly comparison: PairedComparison
}

/** A against B, one row for each score. */
export function comparisonTable(scores: readonly ComparedScore[]): string {
  const columns = [
    { title: 'metric' },
    ...['A', 'B', 'A - B', '95 % interval', 'A wins', 'B wins'].map(right),
    { title: 'verdict' },
  ]
  const rows = scores.map(({ title, interval, theirs, comparison: { difference, won, lost } }) => [
    title,
    fixed(interval.mean, 4),
    fixed(theirs, 4),
    signed(difference.mean, 4),
    `[${signed(difference.low, 3)}, ${signed(difference.high, 3)}]`,
    percent(won, 0),
    percent(lost, 0),
    verdict(difference),
  ])
  return shownTable({ columns, rows: rows.map((row) => row.map((text) => ({ text }))) })
}

function verdict({ low, high }: Interval): string {
  return low > 0 ? 'A better' : high < 0 ? 'B better' : 'open'
}

/** The `count` images on which A and B differ most by a score, with both captions. */
export function differencesText(
  { title, comparison }: ComparedScore,
  captions: { readonly ours: Readonly<Record<string, string>>; readonly theirs: Readonly<Record<string, string>> },
  count: number,
): string {
  const shown = comparison.images.filter(({ ours, theirs }) => ours !== theirs).slice(0, count)
  if (shown.length === 0) return ''
  const lines = shown.flatMap(({ image, ours, theirs }) => [
    harmless(image),
    `  A ${fixed(ours, 3)}  ${harmless(captions.ours[image] ?? '')}`,
    `  B ${fixed(theirs, 3)}  ${harmless(captions.theirs[image] ?? '')}`,
  ])
  return [`Where ${title} differs most:`, ...lines].join('\n')
}

/** `strong baseline (CIDEr 0.89, CLIPScore 0.71): missed, by 0.012 CIDEr.` */
export function baselineText({ name, cider, clipscore, passed, lacks }: BaselineVerdict): string {
  const short = [
    ...(lacks.cider === undefined ? [] : [`${fixed(lacks.cider, 4)} CIDEr`]),
    ...(lacks.clipscore === undefined ? [] : [`${fixed(lacks.clipscore, 4)} CLIPScore`]),
  ]
  const outcome =
    passed === true
      ? 'passed'
      : passed === false
        ? `missed, by ${short.join(' and ')}`
        : "CIDEr passed; the course's CLIPScore is not known"
  return `${name} baseline (CIDEr ${fixed(cider, 2)}, CLIPScore ${fixed(clipscore, 2)}): ${outcome}.`
}

const right = (title: string): Column => ({ title, align: 'right' })
const range = ({ low, high }: Interval) => `[${fixed(low, 3)}, ${fixed(high, 3)}]`
const signed = (value: number, digits: number) => (value > 0 ? '+' : '') + fixed(value, digits)
