// What takes an action back.
import type { Attempt } from './data/attempts.ts'
import type { Action } from './data/messages.ts'

/** The action that restores what `action` is about to change; undefined where nothing does. */
export function opposite(action: Action, attempts: readonly Attempt[]): Action | undefined {
  switch (action.act) {
    case 'tag':
    case 'hide':
      return { ...action, on: !action.on }
    case 'rename':
      return { ...action, name: attempts.find(({ run }) => run.id === action.run)?.run.name ?? action.run }
    case 'baseline':
      return { ...(baselineBefore(action.run, attempts) ?? { ...action, on: !action.on }) }
    case 'note':
    case 'stop':
      return undefined
  }
}

/** A study has one baseline: the run that was it before is it again. */
function baselineBefore(id: string, attempts: readonly Attempt[]): Action | undefined {
  const study = attempts.find(({ run }) => run.id === id)?.run.study
  const before = attempts.find(({ run }) => run.study === study && run.baseline === 1 && run.id !== id)
  return before === undefined ? undefined : { act: 'baseline', run: before.run.id, on: true }
}
