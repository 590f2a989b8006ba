// Where results live. CAPTUNE_RUNS moves all of them; by default they are in the checkout.
import { join, resolve } from 'node:path'
import { fromRoot } from '../base/files.ts'

/** The folder of run folders, database and caches. */
export function runsFolder(): string {
  const chosen = process.env['CAPTUNE_RUNS']
  return chosen === undefined || chosen === '' ? fromRoot('runs') : resolve(chosen)
}

export const databasePath = (): string => join(runsFolder(), 'runs.db')
export const runFolder = (id: string): string => join(runsFolder(), id)
export const featuresFolder = (): string => join(runsFolder(), 'features')
export const profilesFolder = (): string => join(runsFolder(), 'profiles')
/** Hashes of files that did not change since they were last read. */
export const hashesPath = (): string => join(runsFolder(), 'hashes.json')
