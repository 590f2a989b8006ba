// Which runs an action means: the one at the cursor of the open view, or in the table of runs all that were picked.
import type { Attempt } from './data/attempts.ts'
import type { Model } from './model.ts'
import { captionsAttempt } from './views/captions-shown.ts'
import { comparedAtCursor } from './views/compared-attempts.ts'
import { runAtCursor } from './views/runs-rows.ts'
import { cellAtCursor } from './views/study-cells.ts'

/** The run that the user looks at. */
export function runMeant(model: Model): Attempt | undefined {
  switch (model.view) {
    case 'compare':
      return comparedAtCursor(model)
    case 'runs':
      return runAtCursor(model)
    case 'captions':
      return captionsAttempt(model)
    case 'study':
      return cellAtCursor(model)
    default:
      return model.attempts.find(({ run }) => run.id === model.run) ?? comparedAtCursor(model)
  }
}

/** All runs that an action on several means. */
export function runsMeant(model: Model): Attempt[] {
  if (model.view === 'runs' && model.picked.length > 0) return model.attempts.filter(({ run }) => model.picked.includes(run.id))
  const one = runMeant(model)
  return one === undefined ? [] : [one]
}
