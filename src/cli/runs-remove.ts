// `captune runs remove`: a run is hidden, never deleted, so that it can be put back.
import { databasePath } from '../recipes/places.ts'
import { hideRun } from '../tracking/amend.ts'
import { openReader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'

export function removeRun(text: string, undo: boolean): void {
  const reader = openReader(databasePath())
  const { id } = resolveRun(reader, text)
  reader.close()
  hideRun(databasePath(), id, !undo)
  console.log(undo ? `${id} is back.` : `${id} is hidden; \`captune runs remove ${id} --undo\` puts it back.`)
}
