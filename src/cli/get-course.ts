// The course's data on the command line: how to get it, its import from where it was unpacked, and the check of its tree.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { IncompleteError, UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { pathForReader } from '../config/load.ts'
import { checkCourse, type CourseCheck } from '../recipes/course-check.ts'
import { course, courseInstructions } from '../sources/course.ts'
import { importTree } from '../sources/import.ts'
import { findSource } from '../sources/published.ts'
import { difference } from '../sources/verify.ts'
import { thousands } from '../tables/format.ts'
import { cell } from '../tables/table.ts'
import type { GetOptions, GetSurroundings } from './get-options.ts'
import { shownTable } from './show-table.ts'

/** Imports the data, or says how to get it (UserError) where it is not there. */
export async function getCourse({ from, to, url }: GetOptions, around: GetSurroundings): Promise<void> {
  if (url !== undefined)
    throw new UserError('get course: --url does not apply, the zip has no published SHA-256; --from FOLDER is needed.')
  const root = to === undefined ? fromRoot(course.folder) : resolve(to)
  if (from !== undefined) {
    const source = unpacked(resolve(from))
    requireNone(linesOf(source, checkCourse(source)))
    await importTree(source, course.parts, root, around)
  }
  if (!existsSync(root)) throw new UserError(`${pathForReader(root)}: the course's data is not there.\n\n${courseInstructions}`)
  const imported = from === undefined ? 'is there; `captune get --check` verifies it' : 'is complete'
  around.say(`${pathForReader(root)}: the course's data ${imported}`)
}

/** The tree in a folder, or in the folder that unpacking made in it. */
function unpacked(from: string): string {
  if (!existsSync(from)) throw new UserError(`${from}: there is no such folder; the unpacked ${course.folder} is needed.`)
  if (!statSync(from).isDirectory())
    throw new UserError(
      `${from}: this is a file; unpack it (\`unzip ${pathForReader(from)}\`) and give the folder that it makes.`,
    )
  return existsSync(join(from, course.folder)) ? join(from, course.folder) : from
}

/** Prints what the tree in `root` has and lacks, the vocabularies included. Throws IncompleteError where something deviates from what is given out. */
export async function printCourseCheck(root: string): Promise<void> {
  if (!existsSync(root))
    throw new IncompleteError(
      `${pathForReader(root)}: the course's data is not there; \`captune get course\` says how to get it.`,
    )
  const check = checkCourse(root)
  const rows = check.counts.map(({ part, unit, expected, found }) =>
    [part, thousands(found), thousands(expected), unit, found === expected ? 'yes' : 'no'].map((text) => cell(text)),
  )
  const columns = [
    { title: 'part' },
    { title: 'found', align: 'right' as const },
    { title: 'course', align: 'right' as const },
    { title: 'of' },
    { title: 'complete' },
  ]
  console.log(shownTable({ columns, rows }))
  requireNone([...linesOf(root, check), ...(await vocabularyLines())])
  console.log(`${pathForReader(root)}: complete, as the course gives it out`)
}

/** Without the vocabularies nobody can read the captions. */
async function vocabularyLines(): Promise<string[]> {
  const { name, folder, files } = findSource('vocabulary', undefined)
  const lines = files.map(async (file) => {
    const path = join(fromRoot(folder), file.name)
    if (!existsSync(path)) return `${pathForReader(path)}: missing; \`captune get ${name}\` brings it.`
    const flaw = await difference(path, file, () => undefined)
    return flaw === undefined ? '' : `${pathForReader(path)}: this is not the published file, ${flaw}.`
  })
  return (await Promise.all(lines)).filter((line) => line !== '')
}

function linesOf(root: string, { deviations }: CourseCheck): string[] {
  return deviations.map((line) => `${pathForReader(root)}/${line}`)
}

function requireNone(lines: readonly string[]): void {
  if (lines.length > 0) throw new IncompleteError(lines.join('\n'))
}
