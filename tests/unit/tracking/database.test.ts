import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { openDatabase, openForReading } from '../../../src/tracking/database.ts'
import { migrate, migrations } from '../../../src/tracking/migrations.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import { typescript } from '../../fixtures/tracking/processes.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

const source = new URL('../../../src/tracking/', import.meta.url).href

describe('the database', () => {
  it('is made with its folder, in write-ahead mode, with the tables of the contract', () => {
    const database = openDatabase(join(temporaryFolder(), 'deep', 'runs.db'))
    const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all()
    expect(tables).toEqual(
      ['artifacts', 'config', 'environment', 'images', 'logs', 'metrics', 'notes', 'references', 'runs', 'samples', 'segments', 'summaries', 'tags'], // prettier-ignore
    )
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(database.pragma('user_version', { simple: true })).toBe(migrations.length)
    database.close()
  })

  it('refuses one from a newer program', () => {
    const path = join(temporaryFolder(), 'runs.db')
    openDatabase(path).close()
    const newer = new SQLite(path)
    newer.pragma('user_version = 99')
    newer.close()
    expect(() => openDatabase(path)).toThrow(new UserError(`${path}: is version 99 and this program knows ${migrations.length}; use the newer Captune that made it.`)) // prettier-ignore
  })

  it('refuses a file that is no database, and leaves it as it is', () => {
    const path = join(temporaryFolder(), 'runs.db')
    writeFileSync(path, 'epoch,loss\n'.repeat(1000))
    for (const open of [openDatabase, openForReading]) {
      expect(() => open(path)).toThrow(UserError)
      expect(() => open(path)).toThrow(/is not a SQLite database/)
    }
  })

  it('refuses the database of another program', () => {
    const path = join(temporaryFolder(), 'runs.db')
    const other = new SQLite(path)
    other.exec('CREATE TABLE contacts (name TEXT)')
    other.close()
    expect(() => openDatabase(path)).toThrow(/is the SQLite database of another program/)
  })

  it('says so where pages of it are damaged', async () => {
    const folder = temporaryFolder()
    const writer = await writerIn(folder, 'a')
    for (let step = 0; step < 5000; step++) writer.metric('train/loss', step, step)
    await writer.finish('finished')
    const path = join(folder, 'runs.db')
    openDatabase(path).close() // empties the write-ahead log into the file
    writeSync(openSync(path, 'r+'), Buffer.alloc(200_000, 0x5a), 0, 200_000, 4096)
    expect(() => openReader(path).summaries('a')).toThrow(UserError)
    expect(() => openReader(path).summaries('a')).toThrow(/the database is damaged/)
  })

  it('moves an older version forward and keeps a copy of it first', () => {
    const path = join(temporaryFolder(), 'runs.db')
    const database = openDatabase(path)
    database.prepare(`INSERT INTO tags VALUES ('a', 'final')`).run()
    migrate(database, path, [...migrations, 'ALTER TABLE tags ADD COLUMN color TEXT'])
    expect(database.prepare('SELECT * FROM tags').all()).toEqual([{ run: 'a', tag: 'final', color: null }])
    const copy = new SQLite(`${path}.v1.backup`, { readonly: true })
    expect(copy.prepare('SELECT * FROM tags').all()).toEqual([{ run: 'a', tag: 'final' }])
    expect(copy.pragma('user_version', { simple: true })).toBe(1)
    for (const each of [database, copy]) each.close()
  })

  it('leaves the old version untouched where a migration fails', () => {
    const path = join(temporaryFolder(), 'runs.db')
    const database = openDatabase(path)
    expect(() => migrate(database, path, [...migrations, 'CREATE TABLE half (a); CREATE TABLE runs (a)'])).toThrow(
      /already exists/,
    )
    expect(database.pragma('user_version', { simple: true })).toBe(1)
    expect(database.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = 'half'`).pluck().get()).toBe(0)
    database.close()
  })

  it('reads as empty where there is no file, and makes none', () => {
    const path = join(temporaryFolder(), 'runs.db')
    const reader = openReader(path)
    expect(reader.runs()).toEqual([])
    expect(reader.series('a', 'train/loss').steps).toHaveLength(0)
    expect(reader.valueAtBest('a', 'val/cider', 'val/cider')).toBeUndefined()
    reader.close()
    expect(existsSync(path)).toBe(false)
  })

  it('in a read-only folder can be read, and says so when it is to be written', async () => {
    const folder = temporaryFolder()
    await (await writerIn(folder, 'a')).finish('finished')
    chmodSync(folder, 0o555)
    // Permissions mean nothing to root, so that the test asks as nobody.
    const asked = spawnSync(
      process.execPath,
      [
        ...typescript,
        '--input-type=module',
        '--eval',
        `import { openReader } from '${source}reader.ts'
         import { requestStop } from '${source}amend.ts'
         console.log(openReader(process.argv[1]).runs().length)
         try { requestStop(process.argv[1], 'a') } catch (error) { console.log(error.name, error.message) }`,
        join(folder, 'runs.db'),
      ],
      {
        encoding: 'utf8',
        cwd: '/',
        env: { PATH: process.env.PATH },
        ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
      },
    )
    chmodSync(folder, 0o755)
    expect(asked.stderr).toBe('')
    expect(asked.stdout).toMatch(/^1\nUserError .*runs\.db: cannot be (written|opened)/)
    expect(readdirSync(folder)).toEqual(['a', 'runs.db'])
  })
})
