// `captune caption`: a folder of images through a trained run.
import { captionImages } from '../recipes/caption-images.ts'
import { writePredictions } from '../recipes/predictions.ts'
import { databasePath, runFolder } from '../recipes/places.ts'
import { openReader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { progressBoard } from './progress-board.ts'

export interface CaptionOptions {
  readonly images: string
  readonly output?: string
  readonly decode?: string
}

export async function captionFolder(
  text: string,
  { images, output, decode }: CaptionOptions,
  signal: AbortSignal,
): Promise<void> {
  const reader = openReader(databasePath())
  const { id } = resolveRun(reader, text)
  reader.close()
  const board = progressBoard()
  try {
    const { captions, warnings } = await captionImages(runFolder(id), images, {
      report: board.reporter(''),
      signal,
      decode,
    })
    board.close()
    for (const warning of warnings) console.error(warning)
    if (output === undefined) console.log(JSON.stringify(captions, null, 1))
    else writePredictions(output, captions)
  } finally {
    board.close()
  }
}
