// `captune report verify`: a built report against the database.
import { IncompleteError } from '../base/errors.ts'
import { runsFolder } from '../recipes/places.ts'
import { verifyReport } from '../report/verify.ts'
import { reading } from './one-run.ts'
import { reportFolder } from './report-folder.ts'

export function verifyReportFiles(output: string | undefined): void {
  const { compared, faults } = reading((reader) =>
    verifyReport({ reader, runsFolder: runsFolder(), folder: reportFolder(output) }),
  )
  if (faults.length > 0) throw new IncompleteError(faults.join('\n'))
  console.log(`All ${compared} numbers and words of the report's tables are those of the database.`)
}
