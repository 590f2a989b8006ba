// What the user decided about a report: settings.json in its folder, written by `report pick` and `report build`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { readJson, writeAtomically } from '../base/files.ts'

export interface Settings {
  readonly student?: string
  /** As it stands on the first page. */
  readonly name?: string
  /** `best`, or a PEFT type, -> the id of the run that the report shows for it. */
  readonly picks: Readonly<Record<string, string>>
  /** Of the images that section 1.3 samples. */
  readonly seed: number
  /** Images of section 1.3, instead of sampled ones. */
  readonly images?: readonly string[]
  /** What others published stands under our attempts. */
  readonly published?: boolean
}

const settingsFile = (folder: string): string => join(folder, 'settings.json')

/** The report's settings, or those of a new one. Throws UserError where the file is damaged. */
export function readSettings(folder: string): Settings {
  const path = settingsFile(folder)
  if (!existsSync(path)) return { picks: {}, seed: 1 }
  const found = readJson(path, "the report's settings")
  if (!isSettings(found)) throw new UserError(`${path}: is not what \`captune report\` writes; delete it to begin anew.`)
  return found
}

export function writeSettings(folder: string, settings: Settings): void {
  writeAtomically(settingsFile(folder), `${JSON.stringify(settings, null, 2)}\n`)
}

function isSettings(value: unknown): value is Settings {
  if (typeof value !== 'object' || value === null) return false
  const { picks, seed, student = '', name = '', images = [], published = false } = value as Record<string, unknown>
  if (
    typeof picks !== 'object' ||
    picks === null ||
    typeof seed !== 'number' ||
    typeof published !== 'boolean' ||
    !Array.isArray(images)
  )
    return false
  const texts: unknown[] = [student, name, ...(images as unknown[]), ...Object.values(picks as Record<string, unknown>)]
  return texts.every((text) => typeof text === 'string')
}

const studentId = /^[A-Za-z]?\d{6,10}$/

/** Throws UserError unless `id` can stand in hw3_<id>.pdf as the course writes it. */
export function requireStudentId(id: string): string {
  if (!studentId.test(id)) throw new UserError(`--student "${id}": is no student ID; r12345678 is one, say.`)
  return id
}
