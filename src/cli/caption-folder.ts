// `captune caption`: a folder of images through a run's captioner.
import { captionImages } from '../recipes/caption-images.ts'
import { writePredictions } from '../recipes/predictions.ts'
import { printWarnings, progressBoard } from './progress-board.ts'
import { findCaptioningRun } from './trained-run.ts'

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
  const run = findCaptioningRun(text)
  const board = progressBoard()
  try {
    const { captions, warnings } = await captionImages(run, images, { report: board.reporter(''), signal, decode })
    printWarnings(board, warnings)
    board.close()
    if (output === undefined) console.log(JSON.stringify(captions, null, 1))
    else writePredictions(output, captions)
  } finally {
    board.close()
  }
}
