// The database's versions, oldest first. A released version never changes: append the next one. Forward only, with a copy of the
// file beside it before the first step.
import { existsSync, renameSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { UserError } from '../base/errors.ts'

export const migrations: readonly string[] = [
  `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    study TEXT NOT NULL, attempt TEXT NOT NULL, kind TEXT NOT NULL, seed INTEGER NOT NULL,
    state TEXT NOT NULL, reason TEXT,
    config_hash TEXT NOT NULL, parent TEXT,
    created INTEGER NOT NULL, started INTEGER, ended INTEGER,          -- milliseconds since 1970
    host TEXT, pid INTEGER, pid_start TEXT, heartbeat INTEGER,          -- whose process it is, or was
    stop_requested INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL,
    baseline INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX runs_by_hash ON runs (config_hash);
  CREATE INDEX runs_by_study ON runs (study, attempt);

  -- One stretch of work by one process. A point of it is shown if step <= until_step (NULL: no later segment supersedes it).
  CREATE TABLE segments (
    run TEXT NOT NULL, segment INTEGER NOT NULL,
    from_step INTEGER NOT NULL, until_step INTEGER,
    host TEXT NOT NULL, pid INTEGER NOT NULL, started INTEGER NOT NULL,
    PRIMARY KEY (run, segment)
  ) WITHOUT ROWID;

  CREATE TABLE metrics (
    run TEXT NOT NULL, metric TEXT NOT NULL, step INTEGER NOT NULL, segment INTEGER NOT NULL,
    value REAL, at INTEGER NOT NULL,                                    -- value NULL: not a number
    PRIMARY KEY (run, metric, step, segment)
  ) WITHOUT ROWID;

  -- Of the points shown; first and last by step, min and max with the first step at which they occurred.
  CREATE TABLE summaries (
    run TEXT NOT NULL, metric TEXT NOT NULL, points INTEGER NOT NULL,
    first REAL, first_step INTEGER, last REAL, last_step INTEGER,
    min REAL, min_step INTEGER, max REAL, max_step INTEGER,
    PRIMARY KEY (run, metric)
  ) WITHOUT ROWID;

  CREATE TABLE config (
    run TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, value TEXT,
    PRIMARY KEY (run, key)
  ) WITHOUT ROWID;

  CREATE TABLE images (data TEXT NOT NULL, image TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (data, image)) WITHOUT ROWID;
  CREATE TABLE "references" (
    data TEXT NOT NULL, image TEXT NOT NULL, n INTEGER NOT NULL, caption TEXT NOT NULL,
    PRIMARY KEY (data, image, n)
  ) WITHOUT ROWID;

  CREATE TABLE samples (
    run TEXT NOT NULL, split TEXT NOT NULL, step INTEGER NOT NULL, image TEXT NOT NULL,
    caption TEXT NOT NULL, cider REAL, clipscore REAL,
    PRIMARY KEY (run, split, step, image)
  ) WITHOUT ROWID;

  CREATE TABLE artifacts (
    run TEXT NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (run, path)
  ) WITHOUT ROWID;
  CREATE TABLE environment (run TEXT NOT NULL, key TEXT NOT NULL, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
  CREATE TABLE tags (run TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (run, tag)) WITHOUT ROWID;
  CREATE TABLE notes (run TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run, at, text)) WITHOUT ROWID;
  CREATE TABLE logs (run TEXT NOT NULL, at INTEGER NOT NULL, level TEXT NOT NULL, text TEXT NOT NULL);
  CREATE INDEX logs_by_run ON logs (run, at);
  `,
]

/** Brings an open database to the newest version. Throws UserError for a newer one than ours and for another program's file. */
export function migrate(database: Database, path: string, steps: readonly string[] = migrations): void {
  const found = versionOf(database)
  if (found === steps.length) return
  checkVersion(database, path, found, steps.length)
  if (found > 0) keepCopy(database, `${path}.v${found}.backup`)
  database
    .transaction(() => {
      const version = versionOf(database) // another process may have been quicker
      for (const step of steps.slice(version)) database.exec(step)
      if (version < steps.length) database.pragma(`user_version = ${steps.length}`)
    })
    .immediate()
}

function versionOf(database: Database): number {
  return database.pragma('user_version', { simple: true }) as number
}

function checkVersion(database: Database, path: string, found: number, ours: number): void {
  if (found > ours)
    throw new UserError(`${path}: is version ${found} and this program knows ${ours}; use the newer Captune that made it.`)
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all()
  // Checked again because another process may just have made the first version.
  if (found === 0 && tables.length > 0 && versionOf(database) === 0)
    throw new UserError(`${path}: is the SQLite database of another program; name a file of Captune's, or a new one.`)
}

/** Copies the open database to `path`, all of it or nothing; a copy that is there already stays. */
export function keepCopy(database: Database, path: string): void {
  if (existsSync(path)) return
  const temporary = `${path}.${process.pid}.tmp`
  database.prepare('VACUUM INTO ?').run(temporary)
  renameSync(temporary, path)
}
