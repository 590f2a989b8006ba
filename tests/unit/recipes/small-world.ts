// A small built-in world and a folder of runs of the test file's own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, vi } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { loadRunConfig } from '../../../src/config/load.ts'
import type { RunConfig } from '../../../src/config/run-config.ts'
import type { WorldWishes } from '../../../src/data/shapes/world.ts'
import { makeShapes } from '../../../src/recipes/world.ts'

export const quiet = { report: () => undefined }
export const oneThread = { name: 'auto', device: 'cpu', threads: 1, precision: 'fp32' } as const

/** A folder of the test file's own; results go below it too. */
export function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'captune-recipes-'))
  vi.stubEnv('CAPTUNE_RUNS', join(folder, 'runs'))
  afterAll(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** A world in `folder/world`, made before the tests. */
export function worldIn(folder: string, sizes: Partial<WorldWishes>): string {
  const root = join(folder, 'world')
  beforeAll(async () => {
    await makeShapes(root, sizes, quiet)
  }, 60_000)
  return root
}

export type Method = 'none' | 'lora' | 'adapter' | 'prefix'

/** `configs/shapes/<method>.yaml` with changes as on the command line. */
export function configOf(method: Method, ...changes: string[]): RunConfig {
  return loadRunConfig(fromRoot(`configs/shapes/${method}.yaml`), changes).config
}
