// A run as the dashboard knows it: the row of the table of attempts with what else is shown, sorted and filtered.
import { attemptRow, type AttemptRow } from '../../src/tracking/attempt-row.ts'
import type { ConfigValue } from '../../src/tracking/entries.ts'
import type { Reader } from '../../src/tracking/reader.ts'
import type { RunRow } from '../../src/tracking/run-state.ts'
import { rowSource, type TableFacts } from '../../src/tracking/table-facts.ts'
import type { Progress } from './progress.ts'

/** Plain data that can be sent between threads. */
export interface Attempt extends AttemptRow {
  /** `lora`, `adapter`, `prefix`, `none`; of other kinds of runs the kind. */
  readonly type: string
  readonly bleu4: number | undefined
  readonly rougeL: number | undefined
  /** Bytes that the process had at most. */
  readonly memory: number | undefined
  /** The resolved configuration, flat. */
  readonly config: Readonly<Record<string, ConfigValue>>
  readonly tags: readonly string[]
  /** Oldest first. */
  readonly notes: readonly string[]
  /** Of a run that is running. */
  readonly progress: Progress | undefined
  /** Which of the course's pass marks hold for its scores. */
  readonly marks: CourseMarks
}

/** `none`: other data; `cider`: the course's captions, judged by another CLIP; `both`: its captions and its judge. */
export type CourseMarks = 'none' | 'cider' | 'both'

export interface AttemptSurroundings {
  readonly progressOf: (run: RunRow, facts: TableFacts) => Progress | undefined
  readonly marksOf: (attempt: Pick<Attempt, 'config' | 'images'>) => CourseMarks
  readonly now: number
}

/** The attempts of rows, in their order, read in one go. */
export function readAttempts(reader: Reader, rows: readonly RunRow[], around: AttemptSurroundings): Attempt[] {
  const facts = reader.facts(rows.map(({ id }) => id))
  return rows.map((row) => attemptOf(row, facts.get(row.id)!, around))
}

function attemptOf(run: RunRow, facts: TableFacts, { progressOf, marksOf, now }: AttemptSurroundings): Attempt {
  const row = attemptRow(rowSource(facts), run, now)
  const { config, tags, notes, summaries } = facts
  const last = (metric: string) => summaries.get(metric)?.last ?? undefined
  return {
    ...row,
    type: run.kind === 'train' && typeof config['peft.type'] === 'string' ? config['peft.type'] : run.kind,
    bleu4: last('val/bleu4'),
    rougeL: last('val/rougeL'),
    memory: summaries.get('system/rss_bytes')?.max ?? undefined,
    config,
    tags,
    notes,
    progress: progressOf(run, facts),
    marks: marksOf({ config, images: row.images }),
  }
}

/** From start to end, or to `now` while it runs. */
export function secondsOf({ run, seconds }: Attempt, now: number): number | undefined {
  return run.state === 'running' && run.started !== null ? Math.max(0, now - run.started) / 1000 : seconds
}

/** Scored on all of validation: only such runs have a place in a comparison. */
export function isScored({ cider, accuracy }: Attempt): boolean {
  return cider !== undefined || accuracy !== undefined
}
