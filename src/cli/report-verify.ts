// `captune report verify`: a built report against the database.
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { IncompleteError } from '../base/errors.ts'
import { sha256 } from '../base/files.ts'
import { runsFolder } from '../recipes/places.ts'
import { pdfOf, readManifest } from '../report/manifest.ts'
import { verifyReport } from '../report/verify.ts'
import { reading } from './one-run.ts'
import { reportFolder, rootCopy } from './report-folder.ts'

export function verifyReportFiles(output: string | undefined): void {
  const folder = reportFolder(output)
  const { compared, faults } = reading((reader) => verifyReport({ reader, runsFolder: runsFolder(), folder }))
  const all = [...faults, ...faultOfCopy(folder)]
  if (all.length > 0) throw new IncompleteError(all.join('\n'))
  console.log(`All ${compared} numbers and words of the report's tables are those of the database.`)
}

/** The PDF in the repository's root is the one that is graded. */
function faultOfCopy(folder: string): string[] {
  const { name, hash } = pdfOf(readManifest(folder))
  const copy = rootCopy(folder, name)
  if (copy === undefined || (existsSync(copy) && sha256(readFileSync(copy)) === hash)) return []
  return [`${basename(copy)} in the repository's root is not the PDF of this report; build the report again.`]
}
