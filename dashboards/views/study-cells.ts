// A study as a matrix: attempts down, seeds across, in each cell its newest run.
import type { Attempt } from '../data/attempts.ts'
import type { Model } from '../model.ts'
import { remembering } from '../remember.ts'

export interface StudyMatrix {
  readonly study: string
  readonly attempts: readonly string[]
  readonly seeds: readonly number[]
  /** By attempt, then by seed; undefined where the study has no such run. */
  readonly cells: readonly (readonly (Attempt | undefined)[])[]
}

/** Names of all studies, the newest first. */
export const studyNames = remembering((attempts: readonly Attempt[]): readonly string[] => [
  ...new Set(attempts.map(({ run }) => run.study)),
])

/** The study that is shown: the chosen one, else that of the newest run. */
export function shownStudyOf({
  attempts,
  shownStudy,
  study,
}: Pick<Model, 'attempts' | 'shownStudy' | 'study'>): string | undefined {
  const names = studyNames(attempts)
  const wanted = shownStudy ?? study
  return wanted !== undefined && names.includes(wanted) ? wanted : names[0]
}

const matrix = remembering((attempts: readonly Attempt[], study: string | undefined): StudyMatrix | undefined => {
  const own = attempts.filter(({ run }) => run.study === study)
  if (study === undefined || own.length === 0) return undefined
  const names = [...new Set(own.toReversed().map(({ run }) => run.attempt))]
  const seeds = [...new Set(own.map(({ run }) => run.seed))].sort((a, b) => a - b)
  const cellOf = (name: string, seed: number) => {
    const its = own.filter(({ run }) => run.attempt === name && run.seed === seed)
    return its.find(({ run }) => run.state === 'finished' || run.state === 'running') ?? its[0]
  }
  return { study, attempts: names, seeds, cells: names.map((name) => seeds.map((seed) => cellOf(name, seed))) }
})

export function shownMatrix(model: Pick<Model, 'attempts' | 'shownStudy' | 'study'>): StudyMatrix | undefined {
  return matrix(model.attempts, shownStudyOf(model))
}

/** Row and column of the cursor. */
export function cursorOf(model: Pick<Model, 'studyCursor'>, { attempts, seeds }: StudyMatrix): { row: number; column: number } {
  const { row, column } = model.studyCursor
  return { row: Math.min(row, attempts.length - 1), column: Math.min(column, seeds.length - 1) }
}

/** The run in the cell with the cursor. */
export function cellAtCursor(model: Model): Attempt | undefined {
  const shown = shownMatrix(model)
  if (shown === undefined) return undefined
  const { row, column } = cursorOf(model, shown)
  return shown.cells[row]?.[column]
}
