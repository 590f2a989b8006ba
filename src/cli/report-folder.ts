// Where a report lives.
import { relative, resolve } from 'node:path'
import { fromRoot, packageRoot } from '../base/files.ts'

/** The report's folder on this machine: `report` in the checkout unless given. */
export function reportFolder(output: string | undefined): string {
  return output === undefined ? fromRoot('report') : resolve(output)
}

/** Where the course wants a report's PDF: in the repository's root; undefined for a report that lies outside of the checkout. */
export function rootCopy(folder: string, pdfName: string): string | undefined {
  return relative(packageRoot, folder).startsWith('..') ? undefined : fromRoot(pdfName)
}
