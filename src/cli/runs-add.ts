// `captune runs add`: predictions of any other program, scored and kept as a finished run.
import { resolve } from 'node:path'
import { addExternalRun, externalHash, sourceOf } from '../recipes/external-run.ts'
import { measuresOf } from '../recipes/measures.ts'
import { runIdOf } from '../runner/cells.ts'
import { progressBoard } from './progress-board.ts'

export interface AddOptions {
  readonly pred: string
  readonly annotations?: string
  readonly images?: string
  readonly clip?: string
  readonly clipVocabulary?: string
  readonly trained?: number
  readonly study: string
}

export async function addRun(name: string, options: AddOptions): Promise<void> {
  const { pred, annotations, images, clip, clipVocabulary, trained, study } = options
  const judge = { ...(clip && { weights: resolve(clip) }), ...(clipVocabulary && { vocabulary: resolve(clipVocabulary) }) }
  const source = sourceOf({ predictions: pred, annotations, images, clip: judge })
  const hash = await externalHash(source)
  const id = runIdOf({ study, attempt: name, seed: 1, hash })
  const board = progressBoard()
  try {
    const scores = await addExternalRun(source, { id, study, name, hash, trained }, board.reporter(''))
    board.close()
    const headline = measuresOf(scores).filter(({ key }) => key === 'cider' || key === 'clipscore')
    console.log(headline.map(({ title, score }) => `${title}: ${score}`).join(' | '))
    console.log(`${id} is in the table of \`captune runs\`.`)
  } finally {
    board.close()
  }
}
