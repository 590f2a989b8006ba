import type { Binding } from '../bindings.ts'
import { step, type Model, type Step } from '../model.ts'
import { costs } from './compare-state.ts'
import { logState } from './log-state.ts'
import { comparedAtCursor, comparedAttempts } from './compared-attempts.ts'

export const compareBindings: readonly Binding[] = [
  { keys: ['left', 'h'], scope: 'compare', about: 'attempt to the left', press: sideways(-1) },
  { keys: ['right', 'l'], scope: 'compare', about: 'attempt to the right', press: sideways(1) },
  { keys: ['up', 'k'], scope: 'compare', about: 'line above', press: scroll(-1) },
  { keys: ['down', 'j'], scope: 'compare', about: 'line below', press: scroll(1) },
  { keys: ['page up', 'ctrl+b'], scope: 'compare', about: 'page above', press: scroll(-10) },
  { keys: ['page down', 'ctrl+f'], scope: 'compare', about: 'page below', press: scroll(10) },
  {
    keys: ['*'],
    scope: 'compare',
    about: 'pick other attempts',
    short: 'pick others',
    press: (model) => step(pickOthers(model)),
  },
  {
    ...{
      keys: ['s'],
      scope: 'compare',
      about: 'scores against trained parameters, against time, or as a table',
      short: 'scatter',
    },
    press: (model) => step(nextCost(model)),
  },
  {
    keys: ['='],
    scope: 'compare',
    about: 'all options, or only those that differ',
    press: (model) => step({ ...model, compare: { ...model.compare, allOptions: !model.compare.allOptions } }),
  },
  { keys: ['x'], scope: 'compare', about: 'leave this attempt out', press: (model) => step(withoutCursor(model)) },
  { keys: ['0'], scope: 'compare', about: 'the best of each type again', press: (model) => step({ ...model, picked: [] }) },
  {
    ...{ keys: ['enter'], scope: 'compare', about: 'the log of this attempt', short: 'log' },
    press: (model) => step({ ...model, view: 'log', before: 'compare', run: comparedAtCursor(model)?.run.id, log: logState }),
  },
]

/** From the table through all costs and back to the table. */
function nextCost(model: Model): Model {
  const { against } = model.compare
  return { ...model, compare: { ...model.compare, against: costs[against === undefined ? 0 : costs.indexOf(against) + 1] } }
}

function sideways(by: number): (model: Model) => Step {
  return (model) => {
    const attempts = comparedAttempts(model)
    const at = attempts.findIndex(({ run }) => run.id === comparedAtCursor(model)?.run.id)
    const next = attempts[Math.max(0, Math.min(attempts.length - 1, at + by))]
    return step({ ...model, compare: { ...model.compare, cursor: next?.run.id } })
  }
}

function scroll(by: number): Binding['press'] {
  return (model, size) => {
    const most = Math.max(0, linesAtMost(model) - (size.rows - 2))
    return step({ ...model, compare: { ...model.compare, scroll: Math.max(0, Math.min(most, model.compare.scroll + by)) } })
  }
}

/** No comparison has more lines: scrolling on would only have to be scrolled back. */
function linesAtMost(model: Model): number {
  return 25 + Math.max(0, ...comparedAttempts(model).map(({ config }) => Object.keys(config).length))
}

/** To the table of runs, with those that are compared now picked. */
function pickOthers(model: Model): Model {
  const picked = comparedAttempts(model).map(({ run }) => run.id)
  const cursor = comparedAtCursor(model)?.run.id
  return { ...model, view: 'runs', before: 'compare', picked, runs: { ...model.runs, cursor, grouped: false } }
}

function withoutCursor(model: Model): Model {
  const gone = comparedAtCursor(model)?.run.id
  const picked = comparedAttempts(model).flatMap(({ run }) => (run.id === gone ? [] : [run.id]))
  return picked.length === 0 ? model : { ...model, picked, compare: { ...model.compare, cursor: undefined } }
}
