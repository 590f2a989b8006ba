// What the screen asks of the database's thread and what it is told. All of it is plain data.
import type { Series } from '../../src/tracking/reader.ts'
import type { Attempt } from './attempts.ts'
import type { AttentionAnswer } from './attention.ts'
import type { CaptionedImage } from './captions.ts'
import type { Picture } from './picture.ts'
import type { RunLog } from './run-log.ts'
import type { Verdicts } from './verdicts.ts'

/** What a view shows beside the rows of all runs. Views say what they need now; answers come and are renewed when runs change. */
export type Need =
  | { readonly need: 'verdicts'; readonly runs: readonly string[]; readonly baseline: string | undefined }
  | { readonly need: 'log'; readonly run: string }
  | { readonly need: 'metrics'; readonly runs: readonly string[] }
  | { readonly need: 'curve'; readonly run: string; readonly metric: string }
  | { readonly need: 'sketch'; readonly run: string; readonly metric: string }
  | { readonly need: 'captions'; readonly runs: readonly string[] }
  | { readonly need: 'picture'; readonly data: string; readonly image: string }
  | { readonly need: 'attention'; readonly run: string; readonly image: string }

/** By the name of the need. */
export interface Answers {
  verdicts: Verdicts
  log: RunLog
  /** The names of all that the runs logged. */
  metrics: readonly string[]
  curve: Series
  /** Some points of a long curve; none of a short one, which is there soon enough. */
  sketch: Series
  captions: readonly CaptionedImage[]
  picture: Picture
  attention: AttentionAnswer
}

/** A change of what the user may mark. `stop` cannot be undone, everything else has its opposite. */
export type Action =
  | { readonly act: 'tag'; readonly runs: readonly string[]; readonly tag: string; readonly on: boolean }
  | { readonly act: 'note'; readonly run: string; readonly text: string }
  | { readonly act: 'rename'; readonly run: string; readonly name: string }
  | { readonly act: 'baseline'; readonly run: string; readonly on: boolean }
  | { readonly act: 'stop'; readonly runs: readonly string[] }
  | { readonly act: 'hide'; readonly runs: readonly string[]; readonly on: boolean }

export type ToSource = { readonly needs: readonly Need[] } | { readonly action: Action } | { readonly refresh: true }

export type FromSource =
  /** Newest first. `waiting` runs are not yet read. */
  | {
      readonly tell: 'attempts'
      readonly changed: readonly Attempt[]
      readonly gone: readonly string[]
      readonly waiting: number
    }
  | { readonly tell: 'answer'; readonly need: Need; readonly answer: Answers[Need['need']] }
  /** Why the database cannot be read now; undefined once it can be read again. */
  | { readonly tell: 'trouble'; readonly sentence: string | undefined }
  /** What an action did, or why it could not be done. */
  | { readonly tell: 'done'; readonly sentence: string; readonly failed: boolean }

/** Equal exactly for equal needs. */
export function keyOf(need: Need): string {
  return JSON.stringify(need)
}
