// `captune runs compare`: the dashboard's comparison as a table.
import { compareRuns, defaultRuns } from '../../dashboards/plain.ts'
import { databasePath } from '../recipes/places.ts'
import { printTable } from '../tables/print.ts'
import type { TableFormat } from '../tables/table-formats.ts'
import { openReader, type Reader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { shownTable } from './show-table.ts'

export interface CompareOptions {
  readonly study?: string | undefined
  /** `plain` unless given. */
  readonly format?: TableFormat
}

/** Prints the runs that `names` mean beside each other; without names the best of each PEFT type. */
export function printComparison(names: readonly string[], { study, format = 'plain' }: CompareOptions): void {
  const reader = openReader(databasePath())
  try {
    const runs = names.length === 0 ? defaultRuns(reader, study) : names.map((name) => resolveRun(reader, name))
    const table = compareRuns(reader, runs)
    if (table === undefined) return console.log(nothingText(reader, study))
    if (format === 'plain') console.log(shownTable(table))
    else process.stdout.write(printTable(table, format))
  } finally {
    reader.close()
  }
}

function nothingText(reader: Reader, study: string | undefined): string {
  const studies = [...new Set(reader.runs().map((run) => run.study))]
  if (studies.length === 0) return 'No runs yet. `captune study experiments/shapes/study.yaml` trains the first ones.'
  return `No runs of the study ${study ?? ''} yet; there are runs of ${studies.join(', ')}.`
}
