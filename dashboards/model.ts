// All that the screen shows, as plain data. It changes only in update.ts.
import type { Attempt } from './data/attempts.ts'
import { keyOf, type Action, type Answers, type Need } from './data/messages.ts'
import type { Colours } from './pictures/half-blocks.ts'
import { captionsState, type CaptionsState } from './views/captions-state.ts'
import { compareState, type CompareState } from './views/compare-state.ts'
import { curvesState, type CurvesState } from './views/curves-state.ts'
import { logState, type LogState } from './views/log-state.ts'
import { runsState, type RunsState } from './views/runs-state.ts'

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** What the views have: the terminal without the lines above and below, and one that Ink needs. */
export function bodySize({ columns, rows }: Size): Size {
  return { columns, rows: rows - 3 }
}

export type ViewName = 'compare' | 'runs' | 'curves' | 'captions' | 'study' | 'log'

export interface Model {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Of the terminal. */
  readonly size: Size
  /** What it can show of pictures. */
  readonly colours: Colours
  readonly database: string
  /** The study that the dashboard was opened for. */
  readonly study: string | undefined
  readonly view: ViewName
  /** Where `esc` leads back to. */
  readonly before: ViewName
  /** Newest first. */
  readonly attempts: readonly Attempt[]
  /** Runs that are not yet read; undefined before the first answer. */
  readonly waiting: number | undefined
  /** Why the database cannot be read now. */
  readonly trouble: string | undefined
  /** The runs that somebody picked, by id; empty: the views choose. */
  readonly picked: readonly string[]
  /** The run that Log shows and single-run actions mean. */
  readonly run: string | undefined
  readonly answers: ReadonlyMap<string, Answers[Need['need']]>
  readonly compare: CompareState
  readonly runs: RunsState
  readonly curves: CurvesState
  readonly captions: CaptionsState
  readonly log: LogState
  /** The study that Study shows, and its cell with the cursor. */
  readonly shownStudy: string | undefined
  readonly studyCursor: { readonly row: number; readonly column: number }
  readonly dialog: Dialog | undefined
  readonly saying: Saying | undefined
  /** What `u` takes back, newest last. */
  readonly undo: readonly Action[]
}

export type Dialog =
  | { readonly kind: 'help'; readonly scroll: number }
  /** A line to be typed. `before` is the filter that escape puts back. */
  | { readonly kind: 'prompt'; readonly what: PromptKind; readonly text: string; readonly before: string }
  /** All that can be done here, as far as it is called what is typed; one of it has the cursor. */
  | { readonly kind: 'palette'; readonly text: string; readonly cursor: number }
  /** Yes or no. */
  | { readonly kind: 'question'; readonly text: string; readonly action: Action }

export type PromptKind = 'filter' | 'tag' | 'note' | 'rename' | 'export'

/** A sentence on the last line, until the next key. */
export interface Saying {
  readonly text: string
  readonly failed: boolean
}

/** What the world is asked to do after an update. */
export type Effect =
  | { readonly effect: 'act'; readonly action: Action }
  | { readonly effect: 'refresh' }
  | { readonly effect: 'save'; readonly path: string; readonly text: string }
  /** An SVG document, as PNG where the path ends so. */
  | { readonly effect: 'draw'; readonly path: string; readonly svg: string }
  | { readonly effect: 'copy'; readonly text: string }
  | { readonly effect: 'quit' }

export interface Step {
  readonly model: Model
  readonly effects: readonly Effect[]
}

/** The model before anything is read. */
export function firstModel(opened: Pick<Model, 'database' | 'study' | 'now' | 'size'> & Partial<Pick<Model, 'colours'>>): Model {
  return {
    colours: '256',
    ...opened,
    view: 'compare',
    before: 'compare',
    attempts: [],
    waiting: undefined,
    trouble: undefined,
    picked: [],
    run: undefined,
    answers: new Map(),
    compare: compareState,
    runs: runsState,
    curves: curvesState,
    captions: captionsState,
    log: logState,
    shownStudy: undefined,
    studyCursor: { row: 0, column: 0 },
    dialog: undefined,
    saying: undefined,
    undo: [],
  }
}

/** What is known of what a view needs; undefined before the answer has come. */
export function answerTo<N extends Need>(model: Model, need: N): Answers[N['need']] | undefined {
  return model.answers.get(keyOf(need)) as Answers[N['need']] | undefined
}

export function step(model: Model, ...effects: readonly Effect[]): Step {
  return { model, effects }
}
