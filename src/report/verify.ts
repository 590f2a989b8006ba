// Whether a built report still says what the database says, and was not changed by hand.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../base/files.ts'
import type { Reader } from '../tracking/reader.ts'
import { contentsOf } from './contents.ts'
import { runsOf } from './environment.ts'
import { quotesOf, readManifest, type Manifest, type Quote } from './manifest.ts'

export interface Verification {
  /** How many numbers and words were compared. */
  readonly compared: number
  /** A sentence for each thing that is wrong; none where the report is true. */
  readonly faults: readonly string[]
}

export interface VerifyOptions {
  readonly reader: Reader
  readonly runsFolder: string
  /** The report's folder. */
  readonly folder: string
}

/** Reads every number of the report from the database again. Throws UserError where no report was built. */
export function verifyReport({ reader, runsFolder, folder }: VerifyOptions): Verification {
  const manifest = readManifest(folder)
  const { settings, chosen, quotes } = manifest
  const gone = runsOf(chosen).filter((id) => reader.run(id) === undefined)
  const files = changedFiles(folder, manifest)
  if (gone.length > 0)
    return {
      compared: 0,
      faults: [...gone.map((id) => `${id}: the report shows this run, and the database has it no longer.`), ...files],
    }
  const now = quotesOf(contentsOf({ reader, runsFolder, chosen, settings }))
  return { compared: quotes.length, faults: [...differences(quotes, now), ...differingHashes(reader, manifest), ...files] }
}

function differences(built: readonly Quote[], now: readonly Quote[]): string[] {
  const [before, after] = [byPlace(built), byPlace(now)]
  const changed = [...before].flatMap(([key, quote]) => {
    const text = after.get(key)?.text
    return text === quote.text
      ? []
      : [`${placeOf(quote)}: the report says ${quote.text}, the database ${text ?? 'has no such row'}.`]
  })
  const fresh = [...after].filter(([key, quote]) => !before.has(key) && quote.row === quote.text)
  return [...changed, ...fresh.map(([, quote]) => `${placeOf(quote)}: the database has this row, the report does not.`)]
}

/** Rows of the same name are told apart by their order. */
function byPlace(quotes: readonly Quote[]): Map<string, Quote> {
  const places = new Map<string, Quote>()
  for (const quote of quotes) {
    let nth = 0
    const key = () => JSON.stringify([quote.table, quote.row, quote.column, nth])
    while (places.has(key())) nth++
    places.set(key(), quote)
  }
  return places
}

const placeOf = ({ section, row, column }: Quote) => `section ${section}, ${row}, ${column}`

function differingHashes(reader: Reader, { runs }: Manifest): string[] {
  return runs.flatMap(({ id, config_hash: built }) => {
    const now = reader.run(id)!.config_hash
    return now === built
      ? []
      : [`${id}: the report was built from configuration ${built.slice(0, 12)}, the database has ${now.slice(0, 12)}.`]
  })
}

function changedFiles(folder: string, { files }: Manifest): string[] {
  return Object.entries(files).flatMap(([path, built]) => {
    if (!existsSync(join(folder, path))) return [`${path}: is gone from the report's folder; build the report again.`]
    if (sha256(readFileSync(join(folder, path))) === built) return []
    return [
      path.startsWith('text/')
        ? `${path}: was changed after the PDF was built; build the report again.`
        : `${path}: was changed by hand after it was built; build the report again.`,
    ]
  })
}
