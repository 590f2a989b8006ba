// `captune report build`: the report's folder, the PDF in it and in the repository's root.
import { basename, join, relative } from 'node:path'
import { IncompleteError, messageOf, UserError } from '../base/errors.ts'
import { packageRoot, writeAtomically } from '../base/files.ts'
import { attendImages } from '../recipes/attend.ts'
import { databasePath, runsFolder } from '../recipes/places.ts'
import { buildReport, pageName, type Built } from '../report/build.ts'
import { chooseRuns, type Chosen } from '../report/choose.ts'
import { contentsOf, unattended } from '../report/contents.ts'
import { fontRemedy } from '../report/fonts.ts'
import { readSettings, requireStudentId, writeSettings, type Settings } from '../report/settings.ts'
import { openReader, type Reader } from '../tracking/reader.ts'
import { printWarnings, progressBoard } from './progress-board.ts'
import { reportFolder, rootCopy } from './report-folder.ts'

export interface ReportBuildOptions {
  readonly student?: string
  readonly name?: string
  readonly output?: string
  readonly study?: string
  readonly seed?: number
  readonly images?: string[]
  readonly published?: boolean
}

export async function buildReportFiles({ output, study, ...asked }: ReportBuildOptions, signal: AbortSignal): Promise<void> {
  const folder = reportFolder(output)
  const settings: Settings = { ...readSettings(folder), ...asked }
  if (settings.student === undefined) throw new UserError('report build: no student yet; give --student ID once.')
  const student = requireStudentId(settings.student)
  writeSettings(folder, settings)
  const reader = openReader(databasePath())
  try {
    const chosen = chooseRuns(reader, { study, picks: settings.picks })
    await attendToMissing(reader, chosen, settings, signal)
    const shown = relative(packageRoot, folder)
    const built = await buildReport({ reader, runsFolder: runsFolder(), folder, shown, student, settings, chosen })
    const files = [join(folder, pageName), join(folder, built.pdfName)]
    const copy = rootCopy(folder, built.pdfName)
    if (copy !== undefined) {
      files.push(copy)
      writeAtomically(copy, built.pdf)
    }
    tell(built, files)
  } finally {
    reader.close()
  }
}

/** Asks the best run where it looks in the report's images. What hinders it is told; the report then says what is missing. */
async function attendToMissing(reader: Reader, chosen: Chosen, settings: Settings, signal: AbortSignal): Promise<void> {
  if (chosen.best === undefined) return
  const pictures = unattended(contentsOf({ reader, runsFolder: runsFolder(), chosen, settings }))
  if (pictures.length === 0) return
  const board = progressBoard()
  try {
    const images = pictures.map(({ stem, path }) => ({ stem, path, file: basename(path) }))
    const what = "the report's images"
    const { warnings } = await attendImages(reader.run(chosen.best)!, { images, what }, { report: board.reporter(''), signal })
    printWarnings(board, warnings)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    printWarnings(board, [messageOf(error)])
  } finally {
    board.close()
  }
}

function tell({ missing, unwritten, blank }: Built, files: readonly string[]): void {
  for (const file of files) console.log(shownPath(file))
  if (unwritten.length > 0)
    console.log(`${unwritten.length} of your texts are still to be written: ${unwritten.join(', ')} in the report's folder.`)
  if (blank.length > 0)
    console.error(
      `No font here has ${blank.join(' ')}; the PDF is blank there. ${fontRemedy}, or put one (.ttf, .otf) into fonts/ in the report's folder, and build again.`,
    )
  if (missing.length > 0)
    throw new IncompleteError(
      [
        'The report is built, and says what is missing in it:',
        ...missing.map(({ section, what, remedy }) => `  ${section}  ${what}\n       ${remedy}`),
      ].join('\n'),
    )
}

function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}
