// Disks that are too small are told before anything is written on them.
import { mkdirSync, statfsSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'

/** Makes `folder` and sees whether `bytes` fit on its disk. Throws UserError where they do not, or where it cannot be made. */
export function requireRoom(folder: string, bytes: number): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw writeFailure(folder, error)
  }
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize >= bytes) return
  throw new UserError(
    `${folder}: its disk has ${megabytes(bavail * bsize)} left and ${megabytes(bytes)} are needed; free some space or choose another folder with --to.`,
  )
}

/** `932.8 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
