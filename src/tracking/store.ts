// Applies entries to the database. Points and their summary rows change in one transaction, so that a table never scans points.
// Applying the same entries again changes nothing.
import type { Database } from 'better-sqlite3'
import type { ConfigValue, Entry } from './entries.ts'
import { openSeries } from './summaries.ts'

export interface Store {
  /** Applies all of them; call it inside a transaction. Metrics go to the segment given last. */
  apply(entries: readonly Entry[]): void
  /** Forgets what it knows of the summaries: after a transaction that was rolled back. */
  forget(): void
}

type Handler<K extends Entry['entry']> = (entry: Extract<Entry, { entry: K }>) => void

/** The store of one run. */
export function openStore(database: Database, run: string): Store {
  const series = openSeries(database, run)
  const handlers: { [K in Entry['entry']]: Handler<K> } = {
    ...identityHandlers(database),
    ...recordHandlers(database, run),
    ...markHandlers(database, run),
    segment: (entry) => {
      beginSegment(database, run, entry)
      series.supersede()
    },
    metric: ({ name, step, value, at }) => series.add(name, step, value, at),
  }

  function apply(entries: readonly Entry[]): void {
    for (const entry of entries) (handlers[entry.entry] as (entry: Entry) => void)(entry)
    series.save()
  }

  return { apply, forget: () => series.forget() }
}

function identityHandlers(database: Database): { run: Handler<'run'> } {
  const insert = database.prepare(`
    INSERT INTO runs (id, study, attempt, kind, seed, state, config_hash, parent, created, name)
    VALUES (@id, @study, @attempt, @kind, @seed, 'queued', @config_hash, @parent, @at, @name)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, config_hash = excluded.config_hash, parent = excluded.parent,
      name = CASE name WHEN id THEN excluded.name ELSE name END`)
  return { run: (entry) => insert.run({ ...entry, parent: entry.parent ?? null, name: entry.name ?? entry.id }) }
}

/** The run is its process's. Steps after `from_step` of earlier segments are no longer shown; samples of those steps are replaced by the new ones. */
function beginSegment(database: Database, run: string, entry: Extract<Entry, { entry: 'segment' }>) {
  const { segment, from_step, host, pid, pid_start = null, at } = entry
  database
    .prepare(
      `UPDATE runs SET state = 'running', reason = NULL, started = coalesce(started, @at), ended = NULL, hidden = 0,
         host = @host, pid = @pid, pid_start = @pid_start, heartbeat = @at,
         stop_requested = CASE state WHEN 'queued' THEN stop_requested ELSE 0 END
       WHERE id = @run`,
    )
    .run({ run, at, host, pid, pid_start })
  database
    .prepare(
      `UPDATE segments SET until_step = min(coalesce(until_step, @from_step), @from_step) WHERE run = @run AND segment < @segment`,
    )
    .run({ run, segment, from_step })
  database.prepare('DELETE FROM samples WHERE run = ? AND step > ?').run(run, from_step)
  database
    .prepare(
      `INSERT OR REPLACE INTO segments (run, segment, from_step, host, pid, started)
       VALUES (@run, @segment, @from_step, @host, @pid, @at)`,
    )
    .run({ run, segment, from_step, host, pid, at })
}

type Records = 'samples' | 'config' | 'environment' | 'references' | 'artifact' | 'log'

function recordHandlers(database: Database, run: string): { [K in Records]: Handler<K> } {
  const sample = database.prepare(`INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const setting = database.prepare(`INSERT OR REPLACE INTO config VALUES (?, ?, ?, ?)`)
  const fact = database.prepare(`INSERT OR REPLACE INTO environment VALUES (?, ?, ?)`)
  const image = database.prepare(`INSERT OR REPLACE INTO images VALUES (?, ?, ?)`)
  const reference = database.prepare(`INSERT OR REPLACE INTO "references" VALUES (?, ?, ?, ?)`)
  const artifact = database.prepare(`INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?)`)
  const log = database.prepare(`INSERT INTO logs (run, at, level, text) VALUES (?, ?, ?, ?)`)
  return {
    samples: ({ split, step, rows }) => {
      for (const row of rows) sample.run(run, split, step, row.image, row.caption, row.cider ?? null, row.clipscore ?? null)
    },
    config: ({ values }) => {
      for (const [key, value] of Object.entries(values)) setting.run(run, key, typeOf(value), JSON.stringify(value))
    },
    environment: ({ values }) => {
      for (const [key, value] of Object.entries(values))
        fact.run(run, key, typeof value === 'string' ? value : JSON.stringify(value))
    },
    references: ({ data, images }) => {
      for (const each of images) {
        image.run(data, each.image, each.path)
        for (const [n, caption] of each.captions.entries()) reference.run(data, each.image, n, caption)
      }
    },
    artifact: ({ path, bytes, sha256 }) => artifact.run(run, path, bytes, sha256),
    log: ({ at, level, text }) => log.run(run, at, level, text),
  }
}

type Marks = 'note' | 'tag' | 'name' | 'hidden' | 'baseline' | 'end'

function markHandlers(database: Database, run: string): { [K in Marks]: Handler<K> } {
  const note = database.prepare(`INSERT OR IGNORE INTO notes VALUES (?, ?, ?)`)
  const tag = database.prepare(`INSERT OR IGNORE INTO tags VALUES (?, ?)`)
  const untag = database.prepare(`DELETE FROM tags WHERE run = ? AND tag = ?`)
  const set = (column: string) => database.prepare(`UPDATE runs SET ${column} = ? WHERE id = ?`)
  const [name, hidden, baseline] = [set('name'), set('hidden'), set('baseline')]
  const end = database.prepare(`UPDATE runs SET state = ?, reason = ?, ended = ?, heartbeat = ?, stop_requested = 0 WHERE id = ?`)
  return {
    note: ({ at, text }) => note.run(run, at, text),
    tag: (entry) => (entry.on ? tag : untag).run(run, entry.tag),
    name: (entry) => name.run(entry.name, run),
    hidden: ({ on }) => hidden.run(Number(on), run),
    baseline: ({ on }) => baseline.run(Number(on), run),
    end: ({ state, reason, at }) => end.run(state, reason, at, at, run),
  }
}

function typeOf(value: ConfigValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof value
}
