// Where a report lives.
import { resolve } from 'node:path'
import { fromRoot } from '../base/files.ts'

/** The report's folder on this machine: `report` in the checkout unless given. */
export function reportFolder(output: string | undefined): string {
  return output === undefined ? fromRoot('report') : resolve(output)
}
