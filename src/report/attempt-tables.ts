// Tables of attempts for a report: settings beside scores, mean ± sd over seeds, published results beside ours where they are asked for.
import { fixed, duration, percent, thousands } from '../tables/format.ts'
import { rank } from '../tables/rank.ts'
import { cell, type Cell, type Column, type Table } from '../tables/table.ts'
import { spreadOf, type Attempt, type RunNumber } from './attempts.ts'
import { publishedAccuracies, publishedResults } from './published.ts'
import { spreadText } from './spread.ts'
import type { Subject } from './subjects.ts'

interface AttemptColumn extends Column {
  readonly cells: (attempts: readonly Attempt[]) => Cell[]
}

const right = { align: 'right' } as const
const name: AttemptColumn = { title: 'attempt', cells: named }
const cider = score('CIDEr', 'cider')
const clipscore = score('CLIPScore', 'clipscore')
const time: AttemptColumn = { title: 'time', ...right, cells: each((one) => duration(spreadOf(one, 'seconds')?.mean)) }

const columnsOf: Readonly<Record<Subject, readonly AttemptColumn[]>> = {
  attempts: [
    name,
    { title: 'PEFT', cells: each(({ method }) => method) },
    { title: 'trained', ...right, cells: each((one) => thousands(spreadOf(one, 'trained')?.mean)) },
    { title: 'of all', ...right, cells: each((one) => percent(spreadOf(one, 'share')?.mean)) },
    cider,
    clipscore,
    { title: 'best epoch', ...right, cells: each(({ rows }) => rows.map(({ epoch }) => fixed(epoch, 0)).join(', ')) },
    time,
  ],
  prompts: [
    name,
    { title: 'prompt', cells: each(({ method }) => method) },
    score('accuracy', 'accuracy'),
    score('top-5', 'top5'),
  ],
  decoding: [
    name,
    { title: 'decoding', cells: each(({ method }) => method) },
    cider,
    clipscore,
    { title: 'captions/s', ...right, cells: each((one) => fixed(spreadOf(one, 'captionsPerSecond')?.mean, 0)) },
    time,
  ],
}

export interface SubjectTableOptions {
  /** Rows of what others published, under ours and unmarked. */
  readonly published?: boolean
}

/** One row for each attempt. Best and second best are marked among those that were scored in equal circumstances. */
export function subjectTable(
  subject: Subject,
  attempts: readonly Attempt[],
  { published = false }: SubjectTableOptions = {},
): Table {
  const columns = columnsOf[subject].filter(
    (column) => column !== clipscore || attempts.some((one) => spreadOf(one, 'clipscore')),
  )
  const cells = columns.map((column) => column.cells(attempts))
  const others = published ? publishedRows(subject) : []
  return {
    columns: columns.map(({ title, align }) => ({ title, ...(align && { align }) })),
    rows: [
      ...attempts.map((_, i) => cells.map((column) => column[i]!)),
      ...others.map((row) => columns.map(({ title }) => cell(row[title]))),
    ],
  }
}

function each(text: (attempt: Attempt) => string): AttemptColumn['cells'] {
  return (attempts) => attempts.map((attempt) => ({ text: text(attempt) }))
}

/** The attempt, its study where several are shown, and how many seeds are finished where not all or several are. */
function named(attempts: readonly Attempt[]): Cell[] {
  const several = new Set(attempts.map(({ study }) => study)).size > 1
  return attempts.map(({ study, attempt, rows, seeds }) => {
    const counted = seeds === 1 ? '' : rows.length === seeds ? ` (${seeds} seeds)` : ` (${rows.length}/${seeds} seeds)`
    return { text: `${several ? `${study}/` : ''}${attempt}${counted}` }
  })
}

function score(title: string, number: RunNumber): AttemptColumn {
  const cells = (attempts: readonly Attempt[]) => {
    const spreads = attempts.map((attempt) => spreadOf(attempt, number))
    const means = spreads.map((its) => its?.mean)
    const marks = rank(means, { groups: attempts.map(({ circumstances }) => circumstances ?? '') })
    return spreads.map((its, i) => cell(spreadText(its, 3), marks[i]))
  }
  return { title, ...right, cells }
}

/** By column title. */
function publishedRows(subject: Subject): Readonly<Record<string, string>>[] {
  if (subject === 'prompts')
    return publishedAccuracies.map(({ prompts, accuracy }) => ({
      attempt: 'published, ViT-L/14',
      prompt: prompts,
      accuracy: fixed(accuracy, 3),
    }))
  return publishedResults.map(({ encoder, method, decoding, trained, ...scores }) => ({
    attempt: `published, ${encoder}`,
    PEFT: `${method}, ${decoding}`,
    decoding: `${decoding} (${method})`,
    trained: trained === undefined ? '< 35 000 000' : thousands(trained),
    CIDEr: asPublished(scores.cider),
    CLIPScore: asPublished(scores.clipscore),
  }))
}

/** At least three digits, and all that were given. */
function asPublished(score: number): string {
  const text = fixed(score, 3)
  return Number(text) === score ? text : String(score)
}

/** The same as data, with all digits: what JSON gives. */
export function attemptFacts(attempt: Attempt): object {
  const { study, kind, method, rows, seeds, circumstances } = attempt
  const numbers: readonly RunNumber[] = ['trained', 'share', 'cider', 'clipscore', 'accuracy', 'top5', 'epoch', 'seconds']
  const known = numbers.flatMap((number) => {
    const its = spreadOf(attempt, number)
    return its === undefined ? [] : [[number, its] as const]
  })
  return {
    study,
    attempt: attempt.attempt,
    kind,
    method,
    seeds,
    runs: rows.map(({ run }) => run.id),
    ...Object.fromEntries(known),
    circumstances,
  }
}
