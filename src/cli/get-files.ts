// `captune get`: the list, the check, and each source by download or from what somebody brought.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { IncompleteError, UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { pathForReader } from '../config/load.ts'
import { course } from '../sources/course.ts'
import { download, UnavailableError } from '../sources/download.ts'
import { filesBrought, importFile } from '../sources/import.ts'
import { findSource, type PublishedFile, type Source } from '../sources/published.ts'
import { difference } from '../sources/verify.ts'
import { bytes } from '../tables/format.ts'
import { printList } from './get-list.ts'
import type { GetOptions, GetSurroundings } from './get-options.ts'
import { progressBoard } from './progress-board.ts'

/** Carries out one `captune get`. */
export async function get(
  { what, model }: { what: string | undefined; model: string | undefined },
  options: GetOptions,
  signal: AbortSignal,
): Promise<void> {
  if (options.check !== undefined) {
    if (what !== undefined) throw new UserError(`get: --check verifies the course's tree as a whole; leave out "${what}".`)
    const { printCourseCheck } = await import('./get-course.ts')
    return printCourseCheck(options.check === true ? fromRoot(course.folder) : resolve(options.check))
  }
  if (what === undefined) return printList(options)
  const board = progressBoard()
  const say = (line: string) => {
    board.close()
    console.log(line)
  }
  const around = { report: board.reporter(''), signal, say }
  try {
    if (what === 'course') await (await import('./get-course.ts')).getCourse(options, around)
    else await getSource(findSource(what, model), options, around)
  } finally {
    board.close()
  }
}

async function getSource(source: Source, { from, to, url }: GetOptions, around: GetSurroundings): Promise<void> {
  const folder = to === undefined ? fromRoot(source.folder) : resolve(to)
  const mirror = url === undefined ? undefined : mirrored(url, source)
  const brought = from === undefined ? undefined : filesBrought(resolve(from), source)
  for (const file of source.files) {
    const target = join(folder, file.name)
    const found = await isHere(target, file, around)
    const copy = brought?.get(file)
    if (!found && copy !== undefined) await importFile(copy, file, target, around)
    if (!found && brought === undefined) await fetchFile(mirror?.(file) ?? file, target, { source, folder }, around)
    if (existsSync(target))
      around.say(`${pathForReader(target)}: ${found ? 'there already, ' : ''}${bytes(file.bytes)}, SHA-256 as published`)
  }
  requireAll(source, folder, from)
}

/** Files at the address of `--url`; for a source of several it is their folder. */
function mirrored(url: string, { files }: Source): (file: PublishedFile) => PublishedFile {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UserError(`--url: "${url}" is no address; http://... or https://... is needed.`)
  if (files.length > 1 && !url.endsWith('/'))
    throw new UserError(
      `--url: "${url}" is one file and ${files.length} are wanted; the address of their folder, ending in /, is needed.`,
    )
  return (file) => ({ ...file, urls: [url.endsWith('/') ? url + file.name : url] })
}

/** Whether the published file is at `target` already. A file that is another one is the user's to move away. */
async function isHere(target: string, file: PublishedFile, { report }: GetSurroundings): Promise<boolean> {
  if (!existsSync(target)) return false
  const flaw = statSync(target).isFile() ? await difference(target, file, report) : 'it is a folder'
  if (flaw === undefined) return true
  throw new UserError(
    `${pathForReader(target)}: this is not the published file, ${flaw}; move it away and run the same command again.`,
  )
}

async function fetchFile(
  file: PublishedFile,
  target: string,
  place: { source: Source; folder: string },
  around: GetSurroundings,
): Promise<void> {
  try {
    await download(file, target, around)
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    throw new UserError(`${error.message}\n\n${byHand(place.source, place.folder)}`)
  }
}

/** What to fetch by other means, where it belongs, and how to hand it over. */
function byHand({ name, files, folder: usual }: Source, folder: string): string {
  const missing = files.filter((file) => !existsSync(join(folder, file.name)))
  const to = folder === fromRoot(usual) ? '' : ` --to ${pathForReader(folder)}`
  return [
    'Fetched by other means',
    ...missing.flatMap((file) => [
      ...file.urls.map((url, i) => `  ${i === 0 ? '' : 'or '}${url}`),
      `    is ${bytes(file.bytes)} and becomes ${pathForReader(join(folder, file.name))}`,
    ]),
    `by  captune get ${name} --from PATH${to}`,
  ].join('\n')
}

/** Throws IncompleteError where what was brought was not all of it. */
function requireAll({ name, files }: Source, folder: string, from: string | undefined): void {
  const missing = files.filter((file) => !existsSync(join(folder, file.name))).map((file) => file.name)
  if (missing.length > 0)
    throw new IncompleteError(
      `${from ?? folder}: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} not there and still missing; \`captune get ${name}\` needs ${files.length} files.`,
    )
}
