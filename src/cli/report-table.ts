// `captune report table`: finished runs as a table to be pasted.
import { UserError } from '../base/errors.ts'
import { attemptFacts, subjectTable } from '../report/attempt-tables.ts'
import { attemptsOf } from '../report/attempts.ts'
import { pivotFacts, pivotOf, pivotTable } from '../report/pivot.ts'
import { kindsOf, type Subject } from '../report/subjects.ts'
import { printTable } from '../tables/print.ts'
import type { TableFormat } from '../tables/table-formats.ts'
import type { Table } from '../tables/table.ts'
import { scoredOn } from './attempts-table.ts'
import { reading } from './one-run.ts'
import { shownTable } from './show-table.ts'

export interface ReportTableOptions {
  readonly of: Subject
  readonly study?: string
  readonly format: TableFormat | 'typst'
  readonly published?: boolean
  readonly rows?: string
  readonly cols?: string
  readonly metric: string
}

export function printReportTable({ of, study, format, published = false, rows, cols, metric }: ReportTableOptions): void {
  if (cols !== undefined && rows === undefined) throw new UserError('--cols: stands alone; --rows says what goes downwards.')
  reading((reader) => {
    const runs = reader.runs({ study })
    if (rows !== undefined) {
      const finished = runs.filter(({ state }) => state === 'finished')
      if (finished.length === 0) throw new UserError(nothing('finished runs', study))
      const pivot = pivotOf(reader, finished, { rows, cols, metric })
      return format === 'json' ? showFacts(pivotFacts(pivot)) : show(pivotTable(pivot), format)
    }
    const attempts = attemptsOf(reader, runs.filter(({ kind }) => kindsOf[of].includes(kind))) // prettier-ignore
    if (attempts.length === 0) throw new UserError(nothing(`finished runs of kind ${kindsOf[of].join(' or ')}`, study))
    if (format === 'json') return showFacts(attempts.map(attemptFacts))
    show(subjectTable(of, attempts, { published }), format)
    const shown = attempts.flatMap(({ rows: its }) => its.map(({ run }) => run))
    if (format === 'plain') console.log(scoredOn(reader, shown))
  })
}

function nothing(what: string, study: string | undefined): string {
  return `${study === undefined ? 'report table' : `study "${study}"`}: there are no ${what} yet; \`captune study\` makes them.`
}

function showFacts(facts: readonly object[]): void {
  console.log(JSON.stringify(facts, null, 2))
}

function show(table: Table, format: TableFormat | 'typst'): void {
  if (format === 'plain') console.log(shownTable(table))
  else process.stdout.write(printTable(table, format === 'typst' ? 'typ' : format))
}
