// `captune attend`: captions of a folder of images, and a picture of where each word looked.
import { relative } from 'node:path'
import { UserError } from '../base/errors.ts'
import { attendFolder, type CaptioningRun } from '../recipes/attend.ts'
import { drawAttention, type AttentionChoice } from '../report/attention-pictures.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { reading } from './one-run.ts'
import { printWarnings, progressBoard } from './progress-board.ts'

export interface AttendCommandOptions extends AttentionChoice {
  readonly images: string
  readonly output?: string
  readonly decode?: string
}

export async function attendAndDraw(text: string, options: AttendCommandOptions, signal: AbortSignal): Promise<void> {
  const { images, output, decode, ...choice } = options
  const run = captioningRun(text)
  const board = progressBoard()
  const report = board.reporter('')
  try {
    const { attended, warnings } = await attendFolder(run, images, { output, decode, report, signal })
    printWarnings(board, warnings)
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

function captioningRun(text: string): CaptioningRun {
  const run = reading((reader) => resolveRun(reader, text))
  if (run.kind === 'train' || run.kind === 'decode') return run
  throw new UserError(`RUN "${text}": ${run.id} is of kind ${run.kind}; one that captions images is needed.`)
}
