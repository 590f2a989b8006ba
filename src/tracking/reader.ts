// What the database knows, for tables, reports and the dashboard. Reading never writes, never waits for writers, shows only points that
// no resume has superseded, and tells the truth about runs whose process is gone.
import { databaseFailure, openForReading, type Database } from './database.ts'
import type { Artifact, ConfigValue, LogLevel, RunState, Sample } from './entries.ts'
import { pointReader, sketchReader, type Point } from './points.ts'
import { truthful, type RunRow } from './run-state.ts'
import type { Summary } from './summaries.ts'
import { factsReader, type FactsReader } from './table-facts.ts'

export interface RunFilter {
  readonly study?: string | undefined
  readonly attempt?: string | undefined
  readonly kind?: string | undefined
  readonly seed?: number | undefined
  readonly config_hash?: string | undefined
  readonly state?: RunState | undefined
  /** Hidden runs too. */
  readonly hidden?: boolean | undefined
}

/** The shown points of a metric, by step. `values` holds NaN where what was logged is not a number; `at` is milliseconds since 1970. */
export interface Series {
  readonly steps: Float64Array
  readonly values: Float64Array
  readonly at: Float64Array
}

export interface StoredSample extends Sample {
  readonly split: string
  readonly step: number
}

export interface LogLine {
  readonly at: number
  readonly level: LogLevel
  readonly text: string
}

export interface Note {
  readonly at: number
  readonly text: string
}

export interface Segment {
  readonly segment: number
  readonly from_step: number
  /** The last step of it that is shown; null: all. */
  readonly until_step: number | null
  readonly started: number
}

export interface BestValue {
  readonly step: number
  /** The metric's value at that step; undefined where it was not logged there. */
  readonly value: number | undefined
  /** The best value of the metric that chose the step. */
  readonly best: number
}

export interface Reader {
  /** Newest first, without the hidden ones. State and reason are the true ones. */
  runs(filter?: RunFilter): RunRow[]
  run(id: string): RunRow | undefined
  /** What tables show of many runs at once. */
  readonly facts: FactsReader
  /** By metric, in the order of their names. */
  summaries(run: string): Map<string, Summary>
  series(run: string, metric: string): Series
  /** At most `count` of those points, about evenly over the steps: what can be shown of a long series before all of it is read. */
  sketch(run: string, metric: string, count: number): Series
  /** `metric` at the step where `by` is best: CIDEr's best epoch and the CLIPScore of that epoch. Of equals the earliest. */
  valueAtBest(run: string, metric: string, by: string, better?: 'higher' | 'lower'): BestValue | undefined
  /** Flattened: `peft.rank` -> 16. */
  config(run: string): Record<string, ConfigValue>
  environment(run: string): Record<string, string>
  /** Captions of a split at `step`, by default the newest step that has any; sorted by image. */
  samples(run: string, split: string, step?: number): StoredSample[]
  /** The human captions of an image, by the data's fingerprint. */
  references(data: string, image: string): string[]
  /** Where an image of that data lies; undefined where no evaluation of it was recorded. */
  imagePath(data: string, image: string): string | undefined
  artifacts(run: string): Artifact[]
  segments(run: string): Segment[]
  tags(run: string): string[]
  notes(run: string): Note[]
  /** The last `count` lines, oldest first. */
  logs(run: string, count?: number): LogLine[]
  /** A number that changes when another process has written: what the dashboard polls. */
  version(): number
  close(): void
}

/** Opens `runs.db` for reading; a missing file reads as an empty database. Throws UserError for a damaged or foreign file. */
export function openReader(path: string): Reader {
  const database = openForReading(path)
  const query = queries(database, path)
  return {
    ...readRuns(query),
    ...readMetrics(database, query),
    ...readRecords(query),
    ...readSamples(query),
    facts: factsReader(query),
    close: () => database.close(),
  }
}

type Parameters = Readonly<Record<string, string | number | null>>

/** Prepared once each, by their text; what SQLite refuses becomes the user's sentence. */
type Query = <Row>(sql: string, parameters?: Parameters) => Row[]

function queries(database: Database, path: string): Query {
  const prepared = new Map<string, ReturnType<Database['prepare']>>()
  return <Row>(sql: string, parameters: Parameters = {}) => {
    try {
      const statement = prepared.get(sql) ?? database.prepare(sql)
      prepared.set(sql, statement)
      return statement.all(parameters) as Row[]
    } catch (error) {
      throw databaseFailure(path, error)
    }
  }
}

function readRuns(query: Query): Pick<Reader, 'runs' | 'run' | 'version'> {
  function runs({ state, hidden = false, ...equal }: RunFilter = {}): RunRow[] {
    const columns = Object.entries(equal).filter((pair): pair is [string, string | number] => pair[1] !== undefined)
    const where = [hidden ? 'true' : 'hidden = 0', ...columns.map(([column]) => `${column} = @${column}`)].join(' AND ')
    return query<RunRow>(`SELECT * FROM runs WHERE ${where} ORDER BY created DESC, rowid DESC`, Object.fromEntries(columns))
      .map((row) => truthful(row))
      .filter((row) => state === undefined || row.state === state)
  }
  const run = (id: string) => query<RunRow>('SELECT * FROM runs WHERE id = @id', { id }).map((row) => truthful(row))[0]
  const version = () => query<{ data_version: number }>('PRAGMA data_version')[0]?.data_version ?? 0
  return { runs, run, version }
}

function readMetrics(
  database: Database,
  query: Query,
): Pick<Reader, 'summaries' | 'series' | 'sketch' | 'valueAtBest' | 'segments'> {
  const [shown, some] = [pointReader(database), sketchReader(database)]

  function summaries(run: string): Map<string, Summary> {
    const rows = query<Summary>(
      `SELECT metric, points, first, first_step, last, last_step, min, min_step, max, max_step FROM summaries WHERE run = @run`,
      { run },
    )
    return new Map(rows.map((row) => [row.metric, row]))
  }

  const series = (run: string, metric: string) => seriesOf(shown(run, metric))
  const sketch = (run: string, metric: string, count: number) => seriesOf(some(run, metric, count))

  function valueAtBest(run: string, metric: string, by: string, better: 'higher' | 'lower' = 'higher'): BestValue | undefined {
    const summary = summaries(run).get(by)
    const [best, step] = better === 'higher' ? [summary?.max, summary?.max_step] : [summary?.min, summary?.min_step]
    if (best == null || step == null) return undefined
    const row = query<{ value: number | null }>(
      `SELECT m.value FROM metrics m JOIN segments s USING (run, segment)
       WHERE m.run = @run AND m.metric = @metric AND m.step = @step AND m.step <= coalesce(s.until_step, m.step)
       ORDER BY m.segment DESC LIMIT 1`,
      { run, metric, step },
    )[0]
    return { step, best, value: row === undefined ? undefined : (row.value ?? NaN) }
  }

  const segments = (run: string) =>
    query<Segment>('SELECT segment, from_step, until_step, started FROM segments WHERE run = @run ORDER BY segment', { run })
  return { summaries, series, sketch, valueAtBest, segments }
}

function seriesOf(points: Iterable<Point>): Series {
  const [steps, values, at]: [number[], number[], number[]] = [[], [], []]
  for (const point of points) {
    steps.push(point.step)
    values.push(point.value)
    at.push(point.at)
  }
  return { steps: Float64Array.from(steps), values: Float64Array.from(values), at: Float64Array.from(at) }
}

type Records = 'config' | 'environment' | 'artifacts' | 'tags' | 'notes' | 'logs'

function readRecords(query: Query): Pick<Reader, Records> {
  return {
    config: (run) => {
      const rows = query<{ key: string; value: string }>('SELECT key, value FROM config WHERE run = @run', { run })
      return Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value) as ConfigValue]))
    },
    environment: (run) => {
      const rows = query<{ key: string; value: string }>('SELECT key, value FROM environment WHERE run = @run', { run })
      return Object.fromEntries(rows.map(({ key, value }) => [key, value]))
    },
    artifacts: (run) => query('SELECT path, bytes, sha256 FROM artifacts WHERE run = @run ORDER BY path', { run }),
    tags: (run) => query<{ tag: string }>('SELECT tag FROM tags WHERE run = @run ORDER BY tag', { run }).map(({ tag }) => tag),
    notes: (run) => query('SELECT at, text FROM notes WHERE run = @run ORDER BY at', { run }),
    logs: (run, count = 50) =>
      query<LogLine>('SELECT at, level, text FROM logs WHERE run = @run ORDER BY at DESC, rowid DESC LIMIT @count', {
        run,
        count,
      }).reverse(),
  }
}

type SampleRow = Omit<StoredSample, 'cider' | 'clipscore'> & { cider: number | null; clipscore: number | null }

function readSamples(query: Query): Pick<Reader, 'samples' | 'references' | 'imagePath'> {
  const newest = (run: string, split: string) =>
    query<{ step: number | null }>('SELECT max(step) AS step FROM samples WHERE run = @run AND split = @split', { run, split })[0]
      ?.step

  function samples(run: string, split: string, step = newest(run, split) ?? -1): StoredSample[] {
    const rows = query<SampleRow>(
      `SELECT split, step, image, caption, cider, clipscore FROM samples
       WHERE run = @run AND split = @split AND step = @step ORDER BY image`,
      { run, split, step },
    )
    return rows.map((row) => ({ ...row, cider: row.cider ?? undefined, clipscore: row.clipscore ?? undefined }))
  }

  const references = (data: string, image: string) =>
    query<{ caption: string }>('SELECT caption FROM "references" WHERE data = @data AND image = @image ORDER BY n', {
      data,
      image,
    }).map(({ caption }) => caption)
  const imagePath = (data: string, image: string) =>
    query<{ path: string }>('SELECT path FROM images WHERE data = @data AND image = @image', { data, image })[0]?.path
  return { samples, references, imagePath }
}
