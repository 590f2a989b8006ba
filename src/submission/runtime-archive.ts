// The archive that brings a machine without Node everything the grading scripts run: Node itself, the compiled program, and of its
// libraries the files that were really loaded. It unpacks to `runtime/` in the checkout; the rest the checkout has.
import { createWriteStream, existsSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { UserError } from '../base/errors.ts'
import { readJson, writeFailure } from '../base/files.ts'
import { elfNeeds, refusalOnGrader } from './elf.ts'
import { tarPieces, type TarEntry } from './tar.ts'

export interface RuntimeParts {
  /** The checkout, with `dist` and `node_modules`. */
  readonly root: string
  /** Path of a Node for the grader's machine. */
  readonly node: string
  /** Paths of all scripts that grading loads. */
  readonly loaded: readonly string[]
}

/** Libraries that no trace of scripts shows: the native parts, for Linux on x86_64 alone. */
const nativeFolders = [
  /^onnxruntime-node\/bin\/napi-v\d+\/linux\/x64\//,
  /^@img\/sharp-linux-x64\//,
  /^@img\/sharp-libvips-linux-x64\//,
]
const nativePackages = ['onnxruntime-node', '@img/sharp-linux-x64', '@img/sharp-libvips-linux-x64']

/** Writes the archive. Throws UserError where a part is missing or would not run on the grader's machine. */
export async function writeRuntimeArchive(path: string, { root, node, loaded }: RuntimeParts): Promise<void> {
  const modules = realpathSync(join(root, 'node_modules'))
  const files = new Set(filesBelow(join(root, 'dist/src')).filter((file) => file.endsWith('.js')))
  for (const file of loaded) if (file.startsWith(`${modules}/`)) files.add(file)
  for (const name of new Set([...loaded.flatMap((file) => packageOf(modules, file)), ...nativePackages]))
    for (const file of packageFiles(modules, name)) files.add(file)
  const paths = [...files].sort()
  requireRunnable(node, paths)
  const inArchive = (file: string) =>
    file.startsWith(`${modules}/`) ? `node_modules/${relative(modules, file)}` : relative(root, file)
  const lazily = function* (): Generator<TarEntry> {
    yield { path: 'runtime/node', data: readFileSync(node), executable: true }
    for (const file of paths) yield { path: `runtime/${inArchive(file)}`, data: readFileSync(file) }
  }
  const draft = `${path}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    // the usual level takes two thirds more time for 3 % fewer bytes
    await pipeline(Readable.from(tarPieces(lazily())), createGzip({ level: 4 }), createWriteStream(draft))
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw writeFailure(path, error)
  }
}

/** The package below `node_modules` that a file belongs to. */
function packageOf(modules: string, file: string): string[] {
  if (!file.startsWith(`${modules}/`)) return []
  const inside = relative(modules, file).split('/')
  const depth = inside.lastIndexOf('node_modules') + 1 // a package within a package
  const end = depth + (inside[depth]!.startsWith('@') ? 2 : 1)
  return [inside.slice(0, end).join('/')]
}

/** What a package needs beside its scripts: data, of which its description is one, its licence, and its native parts. */
function packageFiles(modules: string, name: string): string[] {
  const folder = join(modules, name)
  if (!existsSync(folder))
    throw new UserError(`${name}: not installed here; the runtime archive is made on Linux (x86_64) after \`npm ci\`.`)
  return filesBelow(folder).filter((file) => {
    const inside = relative(folder, file)
    if (inside.includes('node_modules/')) return false
    if (nativePackages.includes(name) && nativeFolders.some((pattern) => pattern.test(`${name}/${inside}`))) return true
    return inside.endsWith('.json') || /^(licen[cs]e|notice|third|copying)[^/]*$/i.test(inside)
  })
}

function requireRunnable(node: string, files: readonly string[]): void {
  const beside = files.map((file) => basename(file))
  for (const file of [node, ...files.filter((path) => /\.node$|\.so(\.\d+)*$/.test(path))]) {
    const needs = elfNeeds(file)
    const refusal = needs === undefined ? 'it is no program for Linux' : refusalOnGrader(needs, beside)
    if (refusal !== undefined)
      throw new UserError(`${file}: it would not run on the grader's machine (Ubuntu 20.04), ${refusal}.`)
  }
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) throw new UserError(`${folder}: missing; run \`npm ci\` first.`)
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** The scripts that processes loaded, as told by the files that they left in the folder NODE_V8_COVERAGE. */
export function loadedScripts(coverage: string): string[] {
  const urls = readdirSync(coverage).flatMap((name) => {
    const { result } = readJson(join(coverage, name)) as { result: readonly { url: string }[] }
    return result.map(({ url }) => url)
  })
  return [...new Set(urls.filter((url) => url.startsWith('file:')))].map((url) => fileURLToPath(url)).sort()
}
