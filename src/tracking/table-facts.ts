// What a table shows of many runs, in a few statements: SQLite folds the rows of a run into one text, so that ten thousand runs are read
// in less than a second where a query for each run would take several.
import { attemptRow, type AttemptRow, type RowSource } from './attempt-row.ts'
import type { ConfigValue } from './entries.ts'
import type { RunRow } from './run-state.ts'

/** The value that a metric has now, where it has it, and the largest it had. */
export interface Extremes {
  readonly last: number | null
  readonly last_step: number | null
  readonly max: number | null
}

export interface TableFacts {
  readonly summaries: ReadonlyMap<string, Extremes>
  /** Parameters, steps, and what the scores were measured on; the rest of the environment is not in tables. */
  readonly environment: Readonly<Record<string, string>>
  readonly config: Readonly<Record<string, ConfigValue>>
  readonly tags: readonly string[]
  /** Oldest first. */
  readonly notes: readonly string[]
}

/** By run, for the runs given; one that is not there has no facts. */
export type FactsReader = (runs: readonly string[]) => Map<string, TableFacts>

type Query = <Row>(sql: string, parameters: Readonly<Record<string, string>>) => Row[]

interface Row {
  readonly run: string
  readonly summaries: string
  readonly environment: string
  readonly config: string
  readonly tags: string
  readonly notes: string
}

const statement = `
  SELECT r.value AS run,
    (SELECT json_group_object(metric, json_array(last, last_step, max)) FROM summaries WHERE run = r.value) AS summaries,
    (SELECT json_group_object(key, value) FROM environment
      WHERE run = r.value AND (key IN ('model.trained', 'model.total', 'train.steps') OR key >= 'score.val.' AND key < 'score.val/')) AS environment,
    (SELECT '{' || coalesce(group_concat(json_quote(key) || ':' || value), '') || '}' FROM config WHERE run = r.value) AS config,
    (SELECT json_group_array(tag) FROM tags WHERE run = r.value) AS tags,
    (SELECT json_group_array(text) FROM notes WHERE run = r.value) AS notes
  FROM json_each(@runs) r`

/** Reads through the reader's prepared statements. */
export function factsReader(query: Query): FactsReader {
  return (runs) => new Map(query<Row>(statement, { runs: JSON.stringify(runs) }).map((row) => [row.run, factsOf(row)]))
}

function factsOf(row: Row): TableFacts {
  const summaries = JSON.parse(row.summaries) as Record<string, [number | null, number | null, number | null]>
  return {
    summaries: new Map(Object.entries(summaries).map(([metric, [last, last_step, max]]) => [metric, { last, last_step, max }])),
    environment: JSON.parse(row.environment) as Record<string, string>,
    config: JSON.parse(row.config) as Record<string, ConfigValue>,
    tags: JSON.parse(row.tags) as string[],
    notes: JSON.parse(row.notes) as string[],
  }
}

/** Facts in the shape that a row of the table of attempts is made from. */
export function rowSource(facts: TableFacts): RowSource {
  return { summaries: () => facts.summaries, environment: () => facts.environment, config: () => facts.config }
}

/** What tables show of many runs, in their order. */
export function attemptRows({ facts }: { readonly facts: FactsReader }, runs: readonly RunRow[], now = Date.now()): AttemptRow[] {
  const known = facts(runs.map(({ id }) => id))
  return runs.map((run) => attemptRow(rowSource(known.get(run.id)!), run, now))
}
