// Everything that a report says, as data: tables, pictures and curves of the chosen runs, and what is missing. Whoever builds it again from
// the same runs gets the same numbers, which is how `report verify` works.
import { classificationPart } from './classification.ts'
import { captioningPart } from './captioning.ts'
import { environmentTable } from './environment.ts'
import { lookingPart } from './looking.ts'
import type { Contents, ContentsOptions, Part, Picture } from './parts.ts'

/** Images of the report that nobody has asked the best run to attend to yet. */
export function unattended({ testImages, pairs }: Contents): Picture[] {
  const unseen = [...testImages, ...pairs].filter(({ looked }) => looked === undefined)
  return unseen.map(({ stem, path }) => ({ stem, path }))
}

/** Reads all of it. */
export function contentsOf(options: ContentsOptions): Contents {
  const parts = [classificationPart(options), captioningPart(options), lookingPart(options), environmentPart(options)]
  const nothing = { measuredOn: '', topFive: [], loss: [], scores: [], lastStep: 0, costs: [], testImages: [], pairs: [] }
  return {
    ...nothing,
    ...(Object.assign({}, ...parts) as Partial<Contents>),
    tables: new Map(parts.flatMap(({ tables }) => tables)),
    missing: parts.flatMap(({ missing }) => missing).sort((a, b) => (a.section < b.section ? -1 : a.section > b.section ? 1 : 0)),
  }
}

function environmentPart({ reader, chosen }: ContentsOptions): Part {
  if (chosen.best === undefined) return { tables: [], missing: [] }
  const table = environmentTable(reader, chosen.best)
  return { tables: [['environment', { section: 'A', title: 'Where the best run was made', table }]], missing: [] }
}
