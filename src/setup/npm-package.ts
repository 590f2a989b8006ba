// A package of the npm registry as files, without running anything of it: the very archive that was looked at when this was written.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { runTool } from './tool.ts'

export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** As the registry publishes it: `sha512-` and base64. */
  readonly integrity: string
}

/**
 * Unpacks the package into a new folder below `folder` and returns its path. The archive is taken from the folder `given` where that has
 * it under the name that npm gives it. Throws UserError where it cannot be fetched or is another one.
 */
export async function unpackNpmPackage(wanted: NpmPackage, folder: string, given: string | undefined): Promise<string> {
  const { name, version, integrity } = wanted
  const archive = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
  const brought = given !== undefined && existsSync(join(given, archive))
  if (!brought) await fetchArchive(wanted, folder, archive)
  const path = join(brought ? given : folder, archive)
  const found = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`
  if (found !== integrity)
    throw new UserError(`${path}: its SHA-512 is not that of ${name} ${version}; the published file is needed.`)
  const target = join(folder, archive.replace('.tgz', ''))
  mkdirSync(target, { recursive: true })
  const { failure } = await runTool('tar', ['-xzf', path, '-C', target, '--strip-components=1'])
  if (failure !== undefined)
    throw new UserError(`${path}: cannot be unpacked, ${failure}; \`tar\` and room on the disk are needed.`)
  return target
}

async function fetchArchive({ name, version }: NpmPackage, folder: string, archive: string): Promise<void> {
  const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000']
  const { failure } = await runTool('npm', [
    'pack',
    `${name}@${version}`,
    '--ignore-scripts',
    '--pack-destination',
    folder,
    ...patience,
  ])
  if (failure === undefined && existsSync(join(folder, archive))) return
  throw new UserError(
    `${name} ${version}: npm cannot fetch it (${failure ?? `no ${archive} came`}); the npm registry is needed, or ${archive} in the folder given with --from.`,
  )
}
