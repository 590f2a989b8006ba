// `captune get` without more: all that comes from outside, how large it is, whether it is here, and from whom.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { course } from '../sources/course.ts'
import { partOf } from '../sources/download.ts'
import { sources, type Source } from '../sources/published.ts'
import { bytes } from '../tables/format.ts'
import { cell } from '../tables/table.ts'
import type { GetOptions } from './get-options.ts'
import { shownTable } from './show-table.ts'

export function printList({ from, to, url }: GetOptions): void {
  const [option] = Object.entries({ from, to, url }).find(([, value]) => value !== undefined) ?? []
  if (option !== undefined) throw new UserError(`get: --${option} of what? course, clip MODEL, vocabulary or decoder is needed.`)
  const published = sources.map((source) => [
    source.name,
    whereOf(source),
    bytes(source.files.reduce((sum, file) => sum + file.bytes, 0)),
    stateOf(source),
    source.publisher,
  ])
  const data = ['course', course.folder, '', existsSync(fromRoot(course.folder)) ? 'here' : 'missing', 'the course']
  const rows = [...published, data].map((row) => row.map((text) => cell(text)))
  const titles = ['get', 'where', 'size', 'state', 'from']
  const columns = titles.map((title) => (title === 'size' ? { title, align: 'right' as const } : { title }))
  console.log(shownTable({ columns, rows }))
  console.log('`captune get clip ViT-L/14` brings one; `captune get --check` verifies what the course gave.')
}

function whereOf({ folder, files }: Source): string {
  return files.length === 1 ? join(folder, files[0]!.name) : `${folder} (${files.length} files)`
}

/** By size alone: hashing gigabytes is for `get` of the one. */
function stateOf({ folder, files }: Source): string {
  const places = files.map((file) => ({ file, path: join(fromRoot(folder), file.name) }))
  const here = places.filter(({ path }) => existsSync(path))
  if (here.some(({ file, path }) => statSync(path).size !== file.bytes)) return 'wrong size'
  if (here.length === files.length) return 'here'
  const parts = places.map(({ path }) => partOf(path)).filter((part) => existsSync(part))
  const arrived = [...here.map(({ path }) => path), ...parts].reduce((sum, path) => sum + statSync(path).size, 0)
  return arrived > 0 ? `${bytes(arrived)} here` : 'missing'
}
