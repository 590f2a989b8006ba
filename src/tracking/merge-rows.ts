// Rows of a run from one database into another: in place of those that are there, or beside them.
import type { Database, Statement } from 'better-sqlite3'
import type { RunRow } from './run-state.ts'

/** What a run's process writes as a whole, and never changes unless it goes on. */
export const made = ['segments', 'config', 'environment', 'samples', 'artifacts'] as const
/** What is added to a run at any time; rows of both are kept. */
export const gathered = ['metrics', 'tags', 'notes', 'logs'] as const

export type MadeTable = (typeof made)[number]
export type GatheredTable = (typeof gathered)[number]

/** From one database into another, run by run. */
export interface Copier {
  run(row: RunRow): void
  /** State, times and process as they are there; name and marks stay ours. */
  state(row: RunRow): void
  /** Puts their rows beside ours. Returns how many rows changed. */
  join(table: GatheredTable, run: string): number
  /** Puts their rows in place of ours. */
  replace(table: MadeTable | GatheredTable | 'summaries', run: string): void
}

/** How a row comes beside ours: of two points of a step the one that was logged later counts; of equal log lines there are as many as on the richer side. */
const joining = {
  metrics: {
    select: 'SELECT * FROM metrics WHERE run = ?',
    insert: `INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at WHERE excluded.at > metrics.at`,
  },
  tags: { select: 'SELECT * FROM tags WHERE run = ?', insert: 'INSERT OR IGNORE INTO tags VALUES (?, ?)' },
  notes: { select: 'SELECT * FROM notes WHERE run = ?', insert: 'INSERT OR IGNORE INTO notes VALUES (?, ?, ?)' },
  logs: {
    select: 'SELECT *, row_number() OVER (PARTITION BY at, level, text ORDER BY rowid) FROM logs WHERE run = ? ORDER BY rowid',
    insert: `INSERT INTO logs SELECT run, at, level, text FROM (SELECT ? AS run, ? AS at, ? AS level, ? AS text, ? AS nth) AS new
      WHERE nth > (SELECT count(*) FROM logs WHERE run = new.run AND at = new.at AND level = new.level AND text = new.text)`,
  },
} as const

/** Copies out of `theirs` into `ours`; call it inside a transaction. */
export function copier(ours: Database, theirs: Database): Copier {
  const insertRun = ours.prepare(`INSERT INTO runs VALUES (${columnsOf(ours, 'runs').map((name) => `@${name}`).join(', ')})`) // prettier-ignore
  const updateRun = ours.prepare(
    `UPDATE runs SET state = @state, reason = @reason, started = @started, ended = @ended, host = @host, pid = @pid,
       pid_start = @pid_start, heartbeat = @heartbeat WHERE id = @id`,
  )
  const [here, there] = [statements(ours), statements(theirs)]

  function rows(run: string, { select, insert }: { readonly select: string; readonly insert: string }): number {
    const write = here(insert)
    let changes = 0
    for (const row of there(select).raw().iterate(run)) changes += write.run(...(row as unknown[])).changes
    return changes
  }

  return {
    run: (row) => void insertRun.run(row),
    state: (row) => void updateRun.run(row),
    join: (table, run) => rows(run, joining[table]),
    replace: (table, run) => {
      here(`DELETE FROM ${table} WHERE run = ?`).run(run)
      rows(run, { select: `SELECT * FROM ${table} WHERE run = ?`, insert: insertInto(ours, table) })
    },
  }
}

/** Prepared once each. */
function statements(database: Database): (sql: string) => Statement {
  const prepared = new Map<string, Statement>()
  return (sql) => {
    const statement = prepared.get(sql) ?? database.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
}

function insertInto(database: Database, table: string): string {
  return `INSERT OR IGNORE INTO ${table} VALUES (${columnsOf(database, table).map(() => '?').join(', ')})` // prettier-ignore
}

/** Images with their human captions. They are known by their data's fingerprint: what is here already is the same. */
export function copyReferences(ours: Database, theirs: Database): void {
  for (const table of ['images', '"references"']) {
    const insert = ours.prepare(insertInto(ours, table))
    for (const row of theirs.prepare(`SELECT * FROM ${table}`).raw().iterate()) insert.run(...(row as unknown[]))
  }
}

function columnsOf(database: Database, table: string): string[] {
  return (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
}
