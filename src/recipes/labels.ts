// Problem 1's predictions as a file in the grader's format: `filename,label`, a line for each image.
import { writeAtomically } from '../base/files.ts'

export interface LabelRow {
  /** With its extension: "40_454.png". */
  readonly file: string
  /** Class number. */
  readonly label: number
}

/** The rows as CSV text. */
export function labelsCsv(rows: readonly LabelRow[]): string {
  return `filename,label\n${rows.map(({ file, label }) => `${field(file)},${label}\n`).join('')}`
}

/** Writes the rows as the grader reads them; makes missing parent folders. UserError where the disk or the permissions refuse. */
export function writeLabels(path: string, rows: readonly LabelRow[]): void {
  writeAtomically(path, labelsCsv(rows))
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
