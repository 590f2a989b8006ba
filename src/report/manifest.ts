// manifest.json: what a built report was made from and every number in it, so that `report verify` can hold both against the database.
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { readJson, sha256, writeAtomically } from '../base/files.ts'
import type { Table } from '../tables/table.ts'
import { heading } from '../tables/table.ts'
import type { Reader } from '../tracking/reader.ts'
import type { Chosen } from './choose.ts'
import type { Contents, TableName } from './parts.ts'
import { runsOf, type Command } from './environment.ts'
import type { Settings } from './settings.ts'

export interface Manifest {
  readonly format: 'captune-report-1'
  readonly settings: Settings
  readonly chosen: Chosen
  readonly runs: readonly ManifestRun[]
  /** Every cell of every table, in order. */
  readonly quotes: readonly Quote[]
  /** What is missing, in words. */
  readonly missing: readonly string[]
  /** SHA-256 of everything that the PDF was compiled from, and of the PDF; below the report's folder. */
  readonly files: Readonly<Record<string, string>>
}

interface ManifestRun {
  readonly id: string
  readonly config_hash: string
  /** What was typed when it was made; paths are that machine's. */
  readonly arguments: string
  /** What makes it again. */
  readonly command: string | undefined
}

/** A number, or a word, that the report says. */
export interface Quote {
  readonly table: TableName
  readonly section: string
  /** Text of the row's first cell. */
  readonly row: string
  readonly column: string
  readonly text: string
}

export interface ManifestParts {
  readonly reader: Reader
  readonly settings: Settings
  readonly chosen: Chosen
  readonly contents: Contents
  readonly commands: readonly Command[]
  readonly files: ReadonlyMap<string, string | Uint8Array>
}

export function manifestOf({ reader, settings, chosen, contents, commands, files }: ManifestParts): Manifest {
  return {
    format: 'captune-report-1',
    settings,
    chosen,
    runs: runsOf(chosen).map((id) => ({
      id,
      config_hash: reader.run(id)!.config_hash,
      arguments: reader.environment(id)['process.arguments'] ?? '',
      command: commands.find(({ run }) => run === id)?.line,
    })),
    quotes: quotesOf(contents),
    missing: contents.missing.map(({ section, what }) => `${section}: ${what}`),
    files: Object.fromEntries([...files].map(([path, content]) => [path, sha256(content)])),
  }
}

/** Every cell of the contents' tables. */
export function quotesOf({ tables }: Contents): Quote[] {
  return [...tables].flatMap(([name, { section, table }]) => cellsOf(table).map((its) => ({ table: name, section, ...its })))
}

function cellsOf({ columns, rows }: Table): Pick<Quote, 'row' | 'column' | 'text'>[] {
  return rows.flatMap((cells) => cells.map(({ text }, i) => ({ row: cells[0]!.text, column: heading(columns[i]!), text })))
}

const manifestPath = (folder: string): string => join(folder, 'manifest.json')

export function writeManifest(folder: string, manifest: Manifest): void {
  writeAtomically(manifestPath(folder), `${JSON.stringify(manifest, null, 1)}\n`)
}

/** Throws UserError where no report was built there. */
export function readManifest(folder: string): Manifest {
  const path = manifestPath(folder)
  const found = readJson(path, 'what a built report was made from (`captune report build` writes it)')
  if (typeof found !== 'object' || found === null || (found as { format?: unknown }).format !== 'captune-report-1')
    throw new UserError(`${path}: is no manifest of this version; build the report again.`)
  return found as Manifest
}

/** The report's PDF below its folder, and its SHA-256. */
export function pdfOf({ files }: Manifest): { name: string; hash: string } {
  const [name, hash] = Object.entries(files).find(([path]) => /^hw3_[^/]*\.pdf$/.test(path))!
  return { name, hash }
}
