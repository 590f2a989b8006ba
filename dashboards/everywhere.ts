// What keys do in every view: help, leaving, and what can be done with a run.
import type { Binding } from './bindings.ts'
import type { Action } from './data/messages.ts'
import { step, type Model, type PromptKind, type Step } from './model.ts'
import { runMeant, runsMeant } from './subject.ts'
import { opposite } from './undo.ts'

const scope = 'everywhere'

export const bindingsOfEverywhere: readonly Binding[] = [
  { keys: ['?'], scope, about: 'this help', short: 'help', press: (model) => step({ ...model, dialog: { kind: 'help', scroll: 0 } }) },
  { keys: [':'], scope, about: 'find what can be done here by its name', press: (model) => step({ ...model, dialog: { kind: 'palette', text: '', cursor: 0 } }) },
  { keys: ['q', 'ctrl+c'], scope, about: 'leave', short: 'leave', press: (model) => step(model, { effect: 'quit' }) },
  { keys: ['esc'], scope, about: 'back to the view before', press: (model) => step({ ...model, view: model.before, before: 'compare' }) },
  { keys: ['ctrl+r'], scope, about: 'read the database again', press: (model) => step(saying(model, 'Reading again.'), { effect: 'refresh' }) },
  { keys: ['ctrl+s'], scope, about: 'write this view to a file: csv, md, tex, json, html, typ; charts: png, svg', short: 'save', press: (model) => step(prompt(model, 'export', `${model.view}.${model.view === 'curves' ? 'png' : 'md'}`)) },
  { keys: ['Y'], scope, about: "copy the run's id", press: copyId },
  { keys: ['t'], scope, about: 'put a tag on, or take it off', press: (model) => step(promptFor(model, 'tag', '')) },
  { keys: ['i'], scope, about: 'add a note', press: (model) => step(promptFor(model, 'note', '')) },
  { keys: ['R'], scope, about: 'rename', press: (model) => step(promptFor(model, 'rename', runMeant(model)?.run.name ?? '')) },
  { keys: ['b'], scope, about: 'make it the baseline of its study, or no longer', short: 'baseline', press: markBaseline },
  { keys: ['K'], scope, about: 'stop the run (asks)', press: askToStop },
  { keys: ['D'], scope, about: 'take the run out of lists (asks); its files stay', press: askToHide },
  { keys: ['u'], scope, about: 'undo the last change', press: undo },
] // prettier-ignore

/** The step that does `action` and remembers how to take it back. */
export function acting(model: Model, action: Action): Step {
  const back = opposite(action, model.attempts)
  return step({ ...model, undo: back === undefined ? model.undo : [...model.undo, back] }, { effect: 'act', action })
}

export function saying(model: Model, text: string, failed = false): Model {
  return { ...model, saying: { text, failed } }
}

function prompt(model: Model, what: PromptKind, text: string): Model {
  return { ...model, dialog: { kind: 'prompt', what, text, before: '' } }
}

function promptFor(model: Model, what: PromptKind, text: string): Model {
  return runMeant(model) === undefined ? saying(model, 'There is no run here.', true) : prompt(model, what, text)
}

function copyId(model: Model): Step {
  const id = runMeant(model)?.run.id
  if (id === undefined) return step(saying(model, 'There is no run here.', true))
  return step(saying(model, `Copied ${id} (where the terminal allows it).`), { effect: 'copy', text: id })
}

function markBaseline(model: Model): Step {
  const run = runMeant(model)?.run
  if (run === undefined) return step(saying(model, 'There is no run here.', true))
  return acting(model, { act: 'baseline', run: run.id, on: run.baseline === 0 })
}

function askToStop(model: Model): Step {
  const runs = runsMeant(model).flatMap(({ run }) => (run.state === 'running' ? [run.id] : []))
  if (runs.length === 0) return step(saying(model, 'Nothing to stop: the run is not running.', true))
  return ask(model, `Stop ${named(runs)}? It saves first and can go on later.`, { act: 'stop', runs })
}

function askToHide(model: Model): Step {
  const runs = runsMeant(model).map(({ run }) => run.id)
  if (runs.length === 0) return step(saying(model, 'There is no run here.', true))
  return ask(model, `Take ${named(runs)} out of lists and studies? Files stay, u puts it back.`, { act: 'hide', runs, on: true })
}

function ask(model: Model, text: string, action: Action): Step {
  return step({ ...model, dialog: { kind: 'question', text, action } })
}

function named(runs: readonly string[]): string {
  return runs.length === 1 ? runs[0]! : `${runs.length} runs`
}

function undo(model: Model): Step {
  const action = model.undo.at(-1)
  if (action === undefined) return step(saying(model, 'There is nothing to undo.', true))
  return step({ ...model, undo: model.undo.slice(0, -1) }, { effect: 'act', action })
}
