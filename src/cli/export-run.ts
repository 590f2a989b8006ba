// `captune export`: what a run has learned, for other programs.
import { relative } from 'node:path'
import { exportRun, type ExportRequest } from '../recipes/export.ts'
import { databasePath, runFolder } from '../recipes/places.ts'
import { thousands } from '../tables/format.ts'
import { openReader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { shownTable } from './show-table.ts'

export type ExportOptions = ExportRequest

export async function printExport(text: string, options: ExportOptions): Promise<void> {
  const reader = openReader(databasePath())
  const { id } = resolveRun(reader, text)
  reader.close()
  const files = await exportRun(runFolder(id), options)
  const columns = [
    { title: 'file' },
    { title: 'tensors', align: 'right' as const },
    { title: 'parameters', align: 'right' as const },
    { title: 'what' },
  ]
  const counted = (count: number | null) => (count === null ? '' : thousands(count))
  const rows = files.map(({ path, tensors, parameters, what }) =>
    [nearby(path), counted(tensors), counted(parameters), what].map((cell) => ({ text: cell })),
  )
  console.log(shownTable({ columns, rows }))
}

/** Relative to the working directory where it lies below it. */
function nearby(path: string): string {
  const inside = relative('.', path)
  return inside.startsWith('..') ? path : inside
}
