// `captune runs`: every run of the database, newest first.
import { databasePath } from '../recipes/places.ts'
import { printTable } from '../tables/print.ts'
import { openReader } from '../tracking/reader.ts'
import { attemptRows } from '../tracking/table-facts.ts'
import { attemptsTable, scoredOn } from './attempts-table.ts'
import { shownTable } from './show-table.ts'

export interface RunsOptions {
  readonly study?: string
  readonly json?: boolean
  readonly csv?: boolean
  readonly md?: boolean
  readonly all?: boolean
}

export function printRuns({ study, json, csv: asCsv, md, all }: RunsOptions): void {
  const reader = openReader(databasePath())
  try {
    const runs = reader.runs({ study, hidden: all === true })
    if (json === true) return console.log(JSON.stringify(attemptRows(reader, runs), null, 2))
    const table = attemptsTable(reader, runs, { ids: true })
    if (asCsv === true) return void process.stdout.write(printTable(table, 'csv'))
    if (md === true) return void process.stdout.write(printTable(table, 'md'))
    if (runs.length === 0) return console.log('No runs yet. `captune study experiments/shapes/study.yaml` trains the first ones.')
    console.log(`${shownTable(table)}\n${scoredOn(reader, runs)}`)
  } finally {
    reader.close()
  }
}
