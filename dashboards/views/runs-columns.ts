// The columns of the table of runs: what they are called, how wide they are, what they show and are sorted by. Numbers of a group are
// mean ± sd (runs that have the number / seeds of the study).
import { bytes, duration, fixed, thousands } from '../../src/tables/format.ts'
import { secondsOf, type Attempt } from '../data/attempts.ts'
import { spreadOf, type Group } from '../data/groups.ts'
import type { Model } from '../model.ts'
import { remembering } from '../remember.ts'
import { sparkline } from './bars.ts'
import { passText } from './pass-marks.ts'
import type { RunsRow } from './runs-row.ts'

export interface RunsColumn {
  readonly name: string
  readonly title: string
  readonly align: 'left' | 'right'
  readonly width: number
  /** Of a table of groups. */
  readonly groupWidth?: number
  /** Takes what is left of the line, up to this width. */
  readonly upTo?: number
  readonly text: (row: RunsRow, now: number) => string
  readonly value: (row: RunsRow) => string | number | undefined
  /** The best are marked; `relative` shows it as a difference from the baseline. */
  readonly score?: (attempt: Attempt) => number | undefined
  /** Shown only where some run has something to show. */
  readonly where?: (attempt: Attempt) => boolean
}

export const columns: readonly RunsColumn[] = [
  {
    ...textColumn('run', 14, nameOf),
    upTo: 30,
    text: ({ attempt, group }) => (group === undefined ? nameOf(attempt) : `${attempt.run.attempt} ${attempt.run.study}`),
  },
  {
    ...textColumn('state', 8, stateText),
    groupWidth: 10,
    text: (row) => (row.group === undefined ? stateText(row.attempt) : doneText(row.group)),
  },
  {
    ...textColumn('live', 26, () => ''),
    text: ({ attempt }) => liveText(attempt),
    value: ({ attempt }) => attempt.progress?.remaining,
    where: ({ progress }) => progress !== undefined,
  },
  { ...textColumn('method', 12, ({ method }) => method), upTo: 32 },
  { ...scoreColumn('CIDEr', 7, ({ cider }) => cider), where: ({ accuracy }) => accuracy === undefined },
  { ...scoreColumn('CLIPS', 7, ({ clipscore }) => clipscore), where: ({ accuracy }) => accuracy === undefined },
  { ...scoreColumn('accuracy', 8, ({ accuracy }) => accuracy), where: ({ accuracy }) => accuracy !== undefined },
  { ...textColumn('passes', 7, passText), where: ({ marks }) => marks !== 'none' },
  numberColumn(
    'ep',
    3,
    ({ epoch }) => epoch,
    (n) => fixed(n, 0),
  ),
  numberColumn(
    'loss',
    6,
    ({ lastLoss }) => lastLoss,
    (n) => fixed(n, 3),
  ),
  numberColumn('trained', 10, ({ trained }) => trained, thousands),
  {
    ...numberColumn('time', 11, ({ seconds }) => seconds, duration),
    text: (row, now) =>
      row.group === undefined ? duration(secondsOf(row.attempt, now)) : spreadText(row, ({ seconds }) => seconds, duration),
  },
  numberColumn('memory', 7, ({ memory }) => memory, bytes),
  numberColumn(
    'cap/s',
    6,
    ({ captionsPerSecond }) => captionsPerSecond,
    (n) => fixed(n, 0),
  ),
  {
    ...textColumn('age', 9, () => ''),
    align: 'right',
    text: ({ attempt }, now) => ageText(now - attempt.run.created),
    value: ({ attempt }) => -attempt.run.created,
  },
  numberColumn(
    'seed',
    4,
    ({ run }) => run.seed,
    (n) => fixed(n, 0),
  ),
  { ...textColumn('tags', 10, ({ tags }) => tags.join(' ')), where: ({ tags }) => tags.length > 0 },
]

export function columnNamed(name: string): RunsColumn {
  return columns.find((column) => column.name === name) ?? columns[0]!
}

const ofSingleRuns = ['live', 'seed']

const present = remembering((attempts: readonly Attempt[]) =>
  columns.filter(({ where }) => where === undefined || attempts.some(where)),
)

/** Those that are not hidden and have something to show. */
export function availableColumns({ attempts, runs }: Pick<Model, 'attempts' | 'runs'>): readonly RunsColumn[] {
  const without = runs.grouped ? [...runs.hidden, ...ofSingleRuns] : runs.hidden
  return present(attempts).filter(({ name }) => !without.includes(name))
}

function textColumn(name: string, width: number, of: (attempt: Attempt) => string): RunsColumn {
  return {
    name,
    title: name,
    align: 'left',
    width,
    text: ({ attempt }) => of(attempt),
    value: ({ attempt }) => of(attempt) || undefined,
  }
}

type Number = (attempt: Attempt) => number | undefined

function numberColumn(name: string, width: number, of: Number, format: (n: number | undefined) => string): RunsColumn {
  return {
    ...{ name, title: name, align: 'right', width, groupWidth: width + 15 },
    text: (row) => (row.group === undefined ? format(of(row.attempt)) : spreadText(row, of, format)),
    value: (row) => (row.group === undefined ? of(row.attempt) : spreadOf(row.group.members, of)?.mean),
  }
}

function scoreColumn(name: string, width: number, of: Number): RunsColumn {
  return { ...numberColumn(name, width, of, (n) => fixed(n, 3)), groupWidth: 22, score: of }
}

/** `0.912 ± 0.010 (3/5)`; the count alone where every member has the same number. */
function spreadText({ group }: RunsRow, of: Number, format: (n: number | undefined) => string): string {
  const spread = spreadOf(group!.members, of)
  if (spread === undefined) return '–'
  const same = spread.sd === undefined || spread.sd === 0
  return `${format(spread.mean)}${same ? '' : ` ± ${format(spread.sd)}`} (${spread.n}/${group!.seeds})`
}

/** What a run is called: the name that somebody gave it, else study, attempt and seed. */
export function nameOf({ run }: Pick<Attempt, 'run'>): string {
  return run.name === run.id ? `${run.attempt} s${run.seed} ${run.study}` : run.name
}

function stateText({ run }: Attempt): string {
  return run.stop_requested === 1 && run.state === 'running' ? 'stopping' : run.state
}

/** `4/5 done`: the seeds of the study of which this attempt has a finished run. */
function doneText({ members, seeds }: Group): string {
  return `${members.filter(({ run }) => run.state === 'finished').length}/${seeds} done`
}

function liveText({ progress, run }: Attempt): string {
  if (run.state !== 'running' || progress === undefined) return ''
  const { step, steps, remaining, loss } = progress
  const part = steps === undefined ? `step ${step}` : `${Math.min(99, Math.floor((100 * step) / steps))} %`
  return `${sparkline(loss, 10)} ${part}${remaining === undefined ? '' : ` ${duration(remaining)}`}`
}

/** `now`, `5 min`, `3 h`, `12 d`. */
export function ageText(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000)
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`
  return `${Math.floor(minutes / 1440)} d`
}
