// What a study would do: a line for each run, and the time that the missing ones will take.
import { duration } from '../tables/format.ts'
import type { Study } from '../config/cells.ts'
import type { PlannedCell } from '../runner/cells.ts'
import { shownTable } from './show-table.ts'

/** The runs of a study with their state; the hours are those of finished runs like them. */
export function planText(plan: readonly PlannedCell[], kind: Study['kind']): string {
  const rows = plan.map(({ cell, status, run }) =>
    [cell.attempt, String(cell.seed), cell.runId, status, run?.reason ?? ''].map((text) => ({ text })),
  )
  const columns = ['attempt', 'seed', 'run', 'status', 'reason'].map((title) => ({ title }))
  const open = plan.filter(({ status }) => status !== 'done').length
  const times = plan.flatMap(({ status, run }) =>
    status === 'done' && run?.started && run.ended ? [(run.ended - run.started) / 1000] : [],
  )
  const each = times.reduce((sum, time) => sum + time, 0) / times.length
  const left = `${open} of ${plan.length} runs to ${kind === 'train' ? 'train' : 'do'}`
  const hours =
    open === 0
      ? 'Everything is done.'
      : times.length > 0
        ? `${left}, about ${duration(open * each)} (${duration(each)} each, as the finished ones took).`
        : kind === 'train'
          ? `${left}; \`captune explain CONFIG\` measures how long one takes.`
          : `${left}.`
  return `${shownTable({ columns, rows })}\n${hours}`
}
