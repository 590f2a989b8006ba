// The files of a submission: which of them the repository holds, which are hosted elsewhere, and whether a stranger gets them from there.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot, packageRoot, sha256OfFile } from '../base/files.ts'
import { download } from '../sources/download.ts'
import { publishedAs } from '../sources/published.ts'
import { directLink } from '../submission/direct-link.ts'
import { git, trackedFiles } from '../submission/git.ts'
import { neededFiles, runtimeFile, type NeededFile } from '../submission/needed-files.ts'
import { largestCommitted, type HostedFile, type Submission } from '../submission/submission.ts'
import { bytes } from '../tables/format.ts'
import { cell } from '../tables/table.ts'
import { progressBoard } from './progress-board.ts'
import { shownTable } from './show-table.ts'

export interface HostingOptions {
  /** Write the runtime archive first. */
  readonly runtime: boolean
  /** NAME=LINK */
  readonly url: readonly string[]
  /** Fetch what `url` names, and compare. */
  readonly verify: boolean
}

/** The files that hw3_download.sh fetches: those with a link given now, one given before for the same bytes, or a published one. */
export async function hostFiles(
  submission: Omit<Submission, 'files'>,
  before: readonly HostedFile[],
  { url, verify, runtime }: HostingOptions,
  signal: AbortSignal,
): Promise<HostedFile[]> {
  if (runtime) await (await import('./submit-runtime.ts')).writeRuntime({ ...submission, files: before })
  const hasRuntime = existsSync(fromRoot(runtimeFile.path)) || before.some(({ name }) => name === runtimeFile.name)
  const needed = [...neededFiles(submission), ...(hasRuntime ? [runtimeFile] : [])]
  const links = linksByName(url, needed)
  const hosted: HostedFile[] = []
  for (const file of needed) {
    const link = links.get(file.name)
    const earlier = before.find(({ path }) => path === file.path)
    const made = await hostedFile(file, link, earlier)
    if (made === undefined) continue
    if (link !== undefined && verify) await fetchAsStranger(made, signal)
    hosted.push(made)
  }
  return hosted
}

function linksByName(given: readonly string[], needed: readonly NeededFile[]): Map<string, string> {
  const links = given.map((text): [string, string] => {
    const [, name = '', link = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    if (!URL.canParse(link) || !/^https?:$/.test(new URL(link).protocol))
      throw new UserError(`--url ${text}: NAME=LINK is needed, the link beginning with https:// or http://.`)
    if (!needed.some((file) => file.name === name))
      throw new UserError(
        `--url ${text}: there is no file "${name}"; one of ${needed.map((file) => file.name).join(', ')} is needed.`,
      )
    return [name, directLink(link)]
  })
  return new Map(links)
}

async function hostedFile(
  { name, path, unpack }: NeededFile,
  link: string | undefined,
  earlier: HostedFile | undefined,
): Promise<HostedFile | undefined> {
  const absolute = fromRoot(path)
  if (!existsSync(absolute)) {
    if (link !== undefined) throw new UserError(`--url ${name}: ${path} is missing here; it is needed for its SHA-256.`)
    return earlier
  }
  const sha256 = await sha256OfFile(absolute)
  const published = publishedAs(path)?.file
  const url =
    link ??
    (earlier?.sha256 === sha256 ? earlier.url : undefined) ??
    (published?.sha256 === sha256 ? published.urls[0] : undefined)
  if (url === undefined) return undefined
  return { name, path, bytes: statSync(absolute).size, sha256, ...(unpack === undefined ? {} : { unpack }), url }
}

/** Throws UserError where the link does not give the file to somebody who is not logged in. */
async function fetchAsStranger({ name, bytes: size, sha256, url }: HostedFile, signal: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'captune-submit-'))
  const board = progressBoard()
  try {
    await download({ name, bytes: size, sha256, urls: [url] }, join(folder, 'file'), { report: board.reporter(''), signal })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`--url ${name}: ${error.message}\nA link that anyone may open is needed; the submission was not changed.`)
  } finally {
    board.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The table of the files, and what is left to do. */
export function printFiles({ classes, captions, files: hosted }: Submission): void {
  const tracked = new Set(trackedFiles(packageRoot))
  const all = [...neededFiles({ classes, captions }), runtimeFile]
  const rows = all.map(({ name, path }) => {
    const size = statSync(fromRoot(path), { throwIfNoEntry: false })?.size
    const link = hosted.find((file) => file.path === path)?.url
    return [
      name,
      path,
      size === undefined ? 'missing' : bytes(size),
      link ?? placeOf({ name, path, size, tracked: tracked.has(path) }),
    ]
  })
  const columns = [
    { title: 'name' },
    { title: 'file' },
    { title: 'size', align: 'right' as const },
    { title: 'the grader gets it from' },
  ]
  console.log(shownTable({ columns, rows: rows.map((row) => row.map((text) => cell(text))) }))
  console.log(
    `hw3_1.sh asks ${classes.templates.length === 1 ? `"${classes.templates[0]!}"` : `with ${classes.templates.length} prompts`}, hw3_2.sh captions by ${captions.run}.`,
  )
  if (captions.built_in_world)
    console.log('It was made on the built-in world: it shows how things work, and is nothing to hand in.')
}

function placeOf({
  name,
  path,
  size,
  tracked,
}: {
  name: string
  path: string
  size: number | undefined
  tracked: boolean
}): string {
  if (name === runtimeFile.name && size === undefined) return 'not made yet: captune submit --runtime'
  if (size === undefined) return 'nowhere: the file is missing here'
  if (size > largestCommitted || git(packageRoot, 'check-ignore', '-q', path) !== undefined)
    return `nowhere yet: host it, then captune submit --url ${name}=LINK`
  return tracked ? 'the repository' : 'the repository, once you commit it'
}
