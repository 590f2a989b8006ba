// A comparison as data: attempts beside each other, one row for each fact, numbers marked. The screen, the exports and
// `captune runs compare` show the same rows.
import type { Interval } from '../../src/metrics/bootstrap.ts'
import { bytes, duration, fixed, percent, thousands } from '../../src/tables/format.ts'
import { cell, type Mark, type Table } from '../../src/tables/table.ts'
import { secondsOf, type Attempt } from '../data/attempts.ts'
import { differing, optionsOf, optionText } from '../data/options.ts'
import { baselineOf } from '../data/picks.ts'
import { podiums } from '../data/ranking.ts'
import type { Verdict, Verdicts, VerdictScore, Word } from '../data/verdicts.ts'
import { gauge } from './bars.ts'
import { passText } from './pass-marks.ts'

export interface ComparedCell {
  readonly text: string
  readonly mark?: Mark | undefined
  readonly word?: Word | undefined
}

export interface ComparedRow {
  readonly label: string
  /** The label where it stands alone, in a file; the same unless given. */
  readonly title?: string
  /** One for each attempt. */
  readonly cells: readonly ComparedCell[]
  /** Drawn for the eye; a table in a file does without it. */
  readonly picture?: boolean
}

export interface Compared {
  readonly attempts: readonly Attempt[]
  readonly names: readonly string[]
  readonly baseline: Attempt | undefined
  readonly facts: readonly ComparedRow[]
  /** The options in which they differ, or all. */
  readonly options: readonly ComparedRow[]
}

/** The most that may be trained, by the course's rules. */
export const parameterLimit = 35_000_000
const gaugeWidth = 12

/** Verdicts may still be on their way. */
export function compared(
  attempts: readonly Attempt[],
  verdicts: Verdicts | undefined,
  now: number,
  allOptions = false,
): Compared {
  const baseline = baselineOf(attempts)
  const facts = [
    ...textRows(attempts),
    ...scoreRows('CIDEr', 'cider', attempts, verdicts, baseline),
    ...scoreRows('CLIPScore', 'clipscore', attempts, verdicts, baseline),
    ...plainScores(attempts),
    ...costRows(attempts, now),
  ]
  const all = optionsOf(attempts.map(({ config }) => config))
  const options = (allOptions ? all : differing(all)).map(({ key, values }) => row(key, values.map(optionText)))
  return { attempts, names: namesOf(attempts), baseline, facts, options }
}

function row(label: string, texts: readonly string[], more: Partial<ComparedRow> = {}): ComparedRow {
  return { label, cells: texts.map((text) => ({ text })), ...more }
}

/** What tells them apart: the attempt, and seed or study where several are there; a name that somebody gave goes before all. */
export function namesOf(attempts: readonly Attempt[]): string[] {
  const several = (of: (attempt: Attempt) => unknown) => new Set(attempts.map(of)).size > 1
  const [studies, seeds] = [several(({ run }) => run.study), several(({ run }) => run.seed)]
  return attempts.map(({ run }) => {
    if (run.name !== run.id) return run.name
    return `${studies ? `${run.study}/` : ''}${run.attempt}${seeds ? ` s${run.seed}` : ''}`
  })
}

function textRows(attempts: readonly Attempt[]): ComparedRow[] {
  const circumstances = new Set(attempts.map((attempt) => attempt.circumstances))
  const letters = [...circumstances].filter((text) => text !== '')
  return [
    row(
      'method',
      attempts.map(({ method }) => method || '–'),
    ),
    row(
      'state',
      attempts.map(({ run }) => run.state),
    ),
    ...(letters.length < 2
      ? []
      : [
          row(
            'scored as',
            attempts.map((attempt) => kindLetter(letters, attempt.circumstances)),
          ),
        ]),
  ]
}

/** Scores of kind A are never ranked with scores of kind B. */
function kindLetter(kinds: readonly string[], circumstances: string): string {
  const place = kinds.indexOf(circumstances)
  return place === -1 ? '–' : `kind ${String.fromCharCode(65 + place)}`
}

function scoreRows(
  title: string,
  score: VerdictScore,
  attempts: readonly Attempt[],
  verdicts: Verdicts | undefined,
  baseline: Attempt | undefined,
): ComparedRow[] {
  if (attempts.every((attempt) => attempt[score] === undefined)) return []
  const of = (attempt: Attempt): Verdict | undefined => verdicts?.[attempt.run.id]?.[score]
  const against = (attempt: Attempt) =>
    attempt !== baseline && attempt.circumstances === baseline?.circumstances ? of(attempt) : undefined
  const waiting = verdicts === undefined ? '…' : '–'
  return [
    marked(title, attempts, (attempt) => attempt[score]),
    row(
      '  95 %',
      attempts.map((attempt) => rangeText(of(attempt)?.interval, waiting)),
      { title: `${title} 95 %` },
    ),
    {
      label: '  against ◆',
      title: `${title} against the baseline`,
      cells: attempts.map((attempt) => differenceCell(attempt, attempt[score], baseline, against(attempt), waiting)),
    },
    row(
      '  95 %',
      attempts.map((attempt) => rangeText(against(attempt)?.difference, attempt === baseline ? '' : waiting, true)),
      { title: `${title} against the baseline 95 %` },
    ),
  ]
}

function differenceCell(
  attempt: Attempt,
  score: number | undefined,
  baseline: Attempt | undefined,
  verdict: Verdict | undefined,
  waiting: string,
): ComparedCell {
  if (attempt === baseline) return { text: 'baseline' }
  if (baseline === undefined || score === undefined) return { text: '–' }
  if (attempt.circumstances !== baseline.circumstances) return { text: 'not comparable' }
  if (verdict?.difference === undefined) return { text: waiting }
  return { text: `${signed(verdict.difference.mean)} ${verdict.word ?? ''}`, word: verdict.word }
}

function rangeText(interval: Interval | undefined, otherwise: string, sign = false): string {
  if (interval === undefined) return otherwise
  const text = sign ? signed : (value: number) => fixed(value, 3)
  return `${text(interval.low)} to ${text(interval.high)}`
}

function signed(value: number): string {
  const text = fixed(value, 3)
  return text.startsWith('-') ? text : `+${text}`
}

function marked(label: string, attempts: readonly Attempt[], value: (attempt: Attempt) => number | undefined): ComparedRow {
  const values = attempts.map(value)
  const marks = podiums(
    values,
    attempts.map(({ circumstances }) => circumstances),
  )
  return { label, cells: values.map((number, i) => ({ text: fixed(number, 3), mark: marks[i] })) }
}

function plainScores(attempts: readonly Attempt[]): ComparedRow[] {
  const scores = [
    ['BLEU-4', ({ bleu4 }: Attempt) => bleu4],
    ['ROUGE-L', ({ rougeL }: Attempt) => rougeL],
    ['accuracy', ({ accuracy }: Attempt) => accuracy],
    ['top-5', ({ top5 }: Attempt) => top5],
  ] as const
  return scores.flatMap(([label, value]) =>
    attempts.some((attempt) => value(attempt) !== undefined) ? [marked(label, attempts, value)] : [],
  )
}

interface Cost {
  readonly label: string
  readonly text: (attempt: Attempt, now: number) => string
  /** Whether there is anything to show of an attempt; the row is there where one has it. */
  readonly has: (attempt: Attempt) => boolean
  readonly picture?: boolean
}

const costs: readonly Cost[] = [
  { label: 'passes', text: (attempt) => passText(attempt) || '–', has: ({ marks }) => marks !== 'none' },
  { label: 'best epoch', text: ({ epoch }) => fixed(epoch, 0), has: ({ epoch }) => epoch !== undefined },
  { label: 'last loss', text: ({ lastLoss }) => fixed(lastLoss, 3), has: ({ lastLoss }) => lastLoss !== undefined },
  {
    label: 'trained',
    text: ({ trained, share }) => (trained === undefined ? '–' : `${thousands(trained)} ${percent(share)}`),
    has: ({ trained }) => trained !== undefined,
  },
  {
    label: '  of 35 M',
    text: ({ trained }) => (trained === undefined ? '' : gauge(trained / parameterLimit, gaugeWidth)),
    has: ({ trained }) => trained !== undefined,
    picture: true,
  },
  { label: 'time', text: (attempt, now) => duration(secondsOf(attempt, now)), has: () => true },
  { label: 'memory', text: ({ memory }) => bytes(memory), has: ({ memory }) => memory !== undefined },
  {
    label: 'captions/s',
    text: ({ captionsPerSecond }) => fixed(captionsPerSecond, 0),
    has: ({ captionsPerSecond }) => captionsPerSecond !== undefined,
  },
]

function costRows(attempts: readonly Attempt[], now: number): ComparedRow[] {
  return costs
    .filter(({ has }) => attempts.some(has))
    .map(({ label, text, picture = false }) => row(label, attempts.map((attempt) => text(attempt, now)), { picture })) // prettier-ignore
}

/** One column for each attempt, as on the screen. */
export function comparisonTable({ names, facts, options }: Compared): Table {
  const rows = [...facts.filter(({ picture }) => picture !== true), ...options]
  return {
    columns: [{ title: '' }, ...unique(names).map((title) => ({ title }))],
    rows: rows.map(({ label, title = label, cells }) => [
      cell(title),
      ...cells.map(({ text, mark }) => cell(text === '' ? undefined : text, mark)),
    ]),
  }
}

/** A file may not have two columns of one name. */
function unique(names: readonly string[]): string[] {
  return names.map((name, i) => (names.indexOf(name) === i ? name : `${name} (${i + 1})`))
}
