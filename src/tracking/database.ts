// The one door to SQLite: opens runs.db for many processes at once (write-ahead log) and turns what the disk, the permissions or a
// broken file do to it into one sentence for the user.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import SQLite from 'better-sqlite3'
import type { Database } from 'better-sqlite3'
import { systemCode, UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import { migrate } from './migrations.ts'

export type { Database }

const busyTimeout = 5_000 // ms that SQLite itself waits for another writer

/** Opens (and by default makes) the database at its newest version. Throws UserError where that cannot be. */
export function openDatabase(path: string, { create = true }: { create?: boolean } = {}): Database {
  try {
    if (create) mkdirSync(dirname(path), { recursive: true })
    return patiently(() => opened(path, create))
  } catch (error) {
    throw databaseFailure(path, error)
  }
}

function opened(path: string, create: boolean): Database {
  const database = new SQLite(path, { timeout: busyTimeout, fileMustExist: !create })
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    migrate(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Opens the database to be read only. A missing file reads as an empty database; where the folder may not be written to, which
 * the write-ahead log needs even for reading, a copy in memory is read.
 */
export function openForReading(path: string): Database {
  if (!existsSync(path)) return opened(':memory:', true)
  let database: Database
  try {
    database = openDatabase(path, { create: false })
  } catch (error) {
    if (!(error instanceof UserError) || !isRefusedWrite(error.cause)) throw error
    return copyInMemory(path)
  }
  database.pragma('query_only = ON')
  return database
}

function copyInMemory(path: string): Database {
  try {
    const bytes = readFileSync(path)
    bytes.fill(1, 18, 20) // the header's read and write versions: 2 asks for a write-ahead log, which memory cannot have
    const database = new SQLite(bytes)
    migrate(database, ':memory:')
    return database
  } catch (error) {
    throw databaseFailure(path, error)
  }
}

/** Repeats `attempt` while other processes hold the database: SQLite's own patience does not cover the change to WAL and recovery. */
export function patiently<T>(attempt: () => T, patience = 30_000): T {
  const until = Date.now() + patience
  for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || Date.now() > until) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
    }
  }
}

/** True where another process holds the database: the same statement will succeed later. */
export function isBusy(error: unknown): boolean {
  const code = systemCode(error) ?? ''
  return code.startsWith('SQLITE_BUSY') || code === 'SQLITE_PROTOCOL'
}

/** True where the file is no database, or one with damaged pages. */
export function isDamage(error: unknown): boolean {
  const code = systemCode(error instanceof UserError ? error.cause : error) ?? ''
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')
}

function isRefusedWrite(error: unknown): boolean {
  const code = systemCode(error) ?? ''
  return code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code === 'EACCES' || code === 'EROFS'
}

/** The sentence for what SQLite or the disk refused; anything else is given back as it is. */
export function databaseFailure(path: string, error: unknown): unknown {
  const sentence = failureSentence(path, systemCode(error) ?? '')
  return sentence === undefined ? writeFailure(path, error) : new UserError(sentence, { cause: error })
}

function failureSentence(path: string, code: string): string | undefined {
  if (code === 'SQLITE_NOTADB') return `${path}: is not a SQLite database; move the file away and run the same command again.`
  if (code.startsWith('SQLITE_CORRUPT'))
    return `${path}: the database is damaged; \`captune db rebuild\` makes it anew from the runs' folders.`
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM')
    return `${path}: cannot be written, permission denied; choose a folder that you may write to.`
  if (code.startsWith('SQLITE_CANTOPEN'))
    return `${path}: cannot be opened; the file and its folder must be readable and writable.`
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE')
    return `${path}: cannot be written, the disk is full; free some space and run the same command again.`
  if (isBusyCode(code))
    return `${path}: another program has held the database for too long; close it and run the same command again.`
  return undefined
}

function isBusyCode(code: string): boolean {
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED') || code === 'SQLITE_PROTOCOL'
}
