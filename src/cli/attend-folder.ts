// `captune attend`: captions of a folder of images, and a picture of where each word looked.
import { relative } from 'node:path'
import { attendFolder } from '../recipes/attend.ts'
import { drawAttention, type AttentionChoice } from '../report/attention-pictures.ts'
import { fontRemedy, fontsFor } from '../report/fonts.ts'
import { printWarnings, progressBoard } from './progress-board.ts'
import { findCaptioningRun } from './trained-run.ts'

export interface AttendCommandOptions extends AttentionChoice {
  readonly images: string
  readonly output?: string
  readonly decode?: string
}

export async function attendAndDraw(text: string, options: AttendCommandOptions, signal: AbortSignal): Promise<void> {
  const { images, output, decode, ...choice } = options
  const run = findCaptioningRun(text)
  const board = progressBoard()
  const report = board.reporter('')
  try {
    const { attended, warnings } = await attendFolder(run, images, { output, decode, report, signal })
    printWarnings(board, warnings)
    const { blank } = fontsFor(attended.flatMap(({ image, caption }) => [image.file, caption]))
    if (blank.length > 0)
      printWarnings(board, [`No font here has ${blank.join(' ')}; the PNG files have empty boxes there. ${fontRemedy}.`])
    const drawn: string[] = []
    for (const { image, caption, attention } of attended) {
      const { png } = await drawAttention(attention, image.path, choice)
      drawn.push(`${relative('', png)}  ${caption}`)
      report({ phase: 'pictures', done: drawn.length, total: attended.length, unit: 'images' })
    }
    board.close()
    for (const line of drawn) console.log(line)
  } finally {
    board.close()
  }
}
