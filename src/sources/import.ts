// Files that somebody brought: copied, verified and put in place in one step. What was brought stays as it is.
import { randomUUID } from 'node:crypto'
import { constants, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InterruptedError, UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import type { DownloadOptions } from './download.ts'
import type { PublishedFile, Source } from './published.ts'
import { requireRoom } from './room.ts'
import { difference } from './verify.ts'

/**
 * The path of each file of `source` that `from` has: a folder that holds files of these names, or the file itself. Throws UserError where
 * `from` is missing or has none of them.
 */
export function filesBrought(from: string, { files, name }: Source): Map<PublishedFile, string> {
  if (!existsSync(from)) throw new UserError(`${from}: there is no such file or folder; what was brought is needed.`)
  const names = files.map(({ name: wanted }) => wanted).join(', ')
  if (statSync(from).isDirectory()) {
    const found = files.flatMap((file): [PublishedFile, string][] => {
      const path = namesOf(file)
        .map((each) => join(from, each))
        .find((each) => existsSync(each))
      return path === undefined ? [] : [[file, path]]
    })
    if (found.length === 0)
      throw new UserError(`${from}: the folder has none of what \`get ${name}\` brings; ${names} is needed.`)
    return new Map(found)
  }
  const file = files.length === 1 ? files[0] : files.find((each) => namesOf(each).includes(basename(from)))
  if (file === undefined) throw new UserError(`${from}: its name is none of ${names}; one of these, or their folder, is needed.`)
  return new Map([[file, from]])
}

/** A file may keep the name that it has where it is published. */
function namesOf({ name, urls }: PublishedFile): string[] {
  return [name, ...urls.map((url) => basename(url))]
}

/** Copies a file to `target` and verifies the copy. Throws UserError where it is not the published file or the disk cannot hold it. */
export async function importFile(from: string, file: PublishedFile, target: string, { report }: DownloadOptions): Promise<void> {
  requireRoom(dirname(target), file.bytes)
  const copy = `${target}.${randomUUID().slice(0, 8)}.tmp`
  try {
    await copyFile(from, copy, constants.COPYFILE_FICLONE)
    const flaw = await difference(copy, file, report)
    if (flaw !== undefined) throw new UserError(`${from}: this is not the published ${file.name}, ${flaw}; nothing was imported.`)
    renameSync(copy, target)
  } catch (error) {
    throw writeFailure(target, error)
  } finally {
    rmSync(copy, { force: true })
  }
}

/** Copies the folders named in `parts` to `target`, which must not be there yet. Throws UserError or InterruptedError; then nothing is there. */
export async function importTree(
  from: string,
  parts: readonly string[],
  target: string,
  { report, signal }: DownloadOptions,
): Promise<void> {
  if (existsSync(target)) throw new UserError(`${target}: stands there already; remove it or choose another folder with --to.`)
  const files = parts.flatMap((part) => filesBelow(from, part))
  requireRoom(
    dirname(target),
    files.reduce((sum, path) => sum + statSync(join(from, path)).size, 0),
  )
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.partial`)
  try {
    for (const folder of new Set(files.map((path) => dirname(path)))) await mkdir(join(draft, folder), { recursive: true })
    for (const [done, path] of files.entries()) {
      if (signal?.aborted === true) throw new InterruptedError(`Stopped; nothing was imported to ${target}.`)
      await copyFile(join(from, path), join(draft, path), constants.COPYFILE_FICLONE)
      report({ phase: 'copying', done: done + 1, total: files.length, unit: 'files' })
    }
    renameSync(draft, target)
  } catch (error) {
    throw writeFailure(target, error)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function filesBelow(from: string, part: string): string[] {
  return readdirSync(join(from, part), { withFileTypes: true }).flatMap((entry) => {
    const path = join(part, entry.name)
    return entry.isDirectory() ? filesBelow(from, path) : [path]
  })
}
