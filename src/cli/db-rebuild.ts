// `captune db rebuild`: the database out of the runs' folders, and what of it was damaged or is missing.
import { join, resolve } from 'node:path'
import { pathForReader } from '../config/load.ts'
import { mendRecord } from '../recipes/mend-record.ts'
import { databasePath, runsFolder } from '../recipes/places.ts'
import { thousands } from '../tables/format.ts'
import { rebuildDatabase, type Rebuilt } from '../tracking/rebuild.ts'

export interface RebuildOptions {
  readonly from?: string
  readonly to?: string
}

export function rebuild({ from: folder, to: file }: RebuildOptions): void {
  const from = folder === undefined ? runsFolder() : resolve(folder)
  const to = file !== undefined ? resolve(file) : folder === undefined ? databasePath() : join(from, 'runs.db')
  const rebuilt = rebuildDatabase({ from, to, mend: mendRecord })
  console.log(`${pathForReader(to)}: ${thousands(rebuilt.runs)} runs, ${thousands(rebuilt.points)} points.`)
  if (rebuilt.backup !== undefined) console.log(`What was there before is ${pathForReader(rebuilt.backup)}.`)
  for (const warning of warningsOf(rebuilt)) console.error(`Warning: ${warning}`)
}

function warningsOf({ damaged, leftOut, withoutFolder, knewMore, backup = '' }: Rebuilt): string[] {
  const back = `\`captune db merge ${pathForReader(backup)}\` puts that back`
  return [
    ...damaged.map(
      ({ run, lines, mended }) =>
        `${run}: ${lines.length === 1 ? 'line' : 'lines'} ${listed(lines.map(String))} of its journal ${lines.length === 1 ? 'is' : 'are'} damaged and passed over${mended.length === 0 ? '' : `; from its other files: ${mended.join(', ')}`}.`,
    ),
    ...leftOut.map(({ folder, reason }) => `${pathForReader(folder)} is left out: ${reason}.`),
    ...(withoutFolder.length === 0 ? [] : [`${listed(withoutFolder)} had no folder and left the database; ${back}.`]),
    ...(knewMore.length === 0 ? [] : [`of ${listed(knewMore)} the old database had more than the journal; ${back}.`]),
  ]
}

/** `a, b, c and 4 more`. */
function listed(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
}
