import type { Binding } from '../bindings.ts'
import { step, type Model } from '../model.ts'
import { logState } from './log-state.ts'
import { availableColumns } from './runs-columns.ts'
import { cursorIn, runAtCursor, shownRows } from './runs-rows.ts'
import type { RunsState } from './runs-state.ts'

const scope = 'runs'

export const runsBindings: readonly Binding[] = [
  { keys: ['up', 'k'], scope, about: 'row above', press: (model) => step(moved(model, -1)) },
  { keys: ['down', 'j'], scope, about: 'row below', press: (model) => step(moved(model, 1)) },
  { keys: ['page up', 'ctrl+b'], scope, about: 'page above', press: (model, { rows }) => step(moved(model, 4 - rows)) },
  { keys: ['page down', 'ctrl+f'], scope, about: 'page below', press: (model, { rows }) => step(moved(model, rows - 4)) },
  { keys: ['g', 'home'], scope, about: 'first row', press: (model) => step(moved(model, -Infinity)) },
  { keys: ['G', 'end'], scope, about: 'last row', press: (model) => step(moved(model, Infinity)) },
  { keys: ['left', 'h'], scope, about: 'column to the left', press: (model) => step(sideways(model, -1)) },
  { keys: ['right', 'l'], scope, about: 'column to the right', press: (model) => step(sideways(model, 1)) },
  { keys: ['/'], scope, about: 'filter: words, peft:lora rank>=8 cider>0.8 state:finished -tag:debug', short: 'filter', press: (model) => step(filtering(model)) },
  { keys: [']'], scope, about: 'sort by this column, largest first', short: 'sort', press: (model) => step(sorted(model, true)) },
  { keys: ['['], scope, about: 'sort by this column, smallest first', press: (model) => step(sorted(model, false)) },
  { keys: ['-'], scope, about: 'hide this column', press: (model) => step(hidden(model)) },
  { keys: ['+'], scope, about: 'all columns again', press: (model) => step(changed(model, { hidden: [] })) },
  { keys: ['f'], scope, about: 'freeze the columns up to this one', press: (model) => step(changed(model, { frozen: model.runs.column })) },
  { keys: ['S'], scope, about: 'seeds of an attempt in one row, mean ± sd (n/N)', short: 'seeds', press: (model) => step(changed(model, { grouped: !model.runs.grouped, cursor: undefined })) },
  { keys: ['d'], scope, about: "scores less the baseline's", press: (model) => step(changed(model, { relative: !model.runs.relative })) },
  { keys: ['space'], scope, about: 'pick, or no longer', short: 'pick', press: (model) => step(moved(toggled(model), 1)) },
  { keys: ['0'], scope, about: 'pick none', press: (model) => step({ ...model, picked: [] }) },
  { keys: ['*'], scope, about: 'compare those picked', short: 'compare', press: (model) => step({ ...model, view: 'compare', before: 'runs' }) },
  { keys: ['enter'], scope, about: 'the log of this run', short: 'log', press: (model) => step({ ...model, view: 'log', before: 'runs', run: runAtCursor(model)?.run.id, log: logState }) },
] // prettier-ignore

function changed(model: Model, change: Partial<RunsState>): Model {
  return { ...model, runs: { ...model.runs, ...change } }
}

function moved(model: Model, by: number): Model {
  const { rows } = shownRows(model)
  const at = Math.max(0, Math.min(rows.length - 1, cursorIn(rows, model.runs.cursor) + by))
  return changed(model, { cursor: rows[at]?.key })
}

function sideways(model: Model, by: number): Model {
  const shown = availableColumns(model)
  const at = shown.findIndex(({ name }) => name === model.runs.column) + by
  return changed(model, { column: shown[Math.max(0, Math.min(shown.length - 1, at))]!.name })
}

function filtering(model: Model): Model {
  const { filter } = model.runs
  return { ...model, dialog: { kind: 'prompt', what: 'filter', text: filter, before: filter } }
}

/** The same again takes the order off. */
function sorted(model: Model, down: boolean): Model {
  const { sort, column } = model.runs
  const again = sort?.column === column && sort.down === down
  return changed(model, { sort: again ? undefined : { column, down }, cursor: undefined })
}

/** The first column stays: it says which run it is. */
function hidden(model: Model): Model {
  const { column } = model.runs
  const shown = availableColumns(model)
  const at = shown.findIndex(({ name }) => name === column)
  if (at < 1) return model
  const next = (shown[at + 1] ?? shown[at - 1]!).name
  const frozen = model.runs.frozen === column ? shown[at - 1]!.name : model.runs.frozen
  return changed(model, { hidden: [...model.runs.hidden, column], column: next, frozen })
}

function toggled(model: Model): Model {
  const { rows } = shownRows(model)
  const row = rows[cursorIn(rows, model.runs.cursor)]
  if (row === undefined) return model
  const ids = (row.group?.members ?? [row.attempt]).map(({ run }) => run.id)
  const off = ids.every((id) => model.picked.includes(id))
  const others = model.picked.filter((id) => !ids.includes(id))
  return { ...model, picked: off ? others : [...others, ...ids] }
}
