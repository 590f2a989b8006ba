// The views, in the order of their keys. A new one is one line here, its name in model.ts, and its file.
import { bindingsOfEverywhere } from '../everywhere.ts'
import type { Binding } from '../bindings.ts'
import type { Model, ViewName } from '../model.ts'
import { step } from '../model.ts'
import type { View } from '../view.ts'
import { captionsView } from './captions.ts'
import { compareView } from './compare.ts'
import { curvesView } from './curves.ts'
import { logState } from './log-state.ts'
import { logView } from './log.ts'
import { runsView } from './runs.ts'
import { studyView } from './study.ts'

export const views: readonly View[] = [compareView, runsView, curvesView, captionsView, studyView, logView]

export function viewNamed(name: ViewName): View {
  return views.find((view) => view.name === name) ?? compareView
}

/** All bindings of the program. */
export const bindings: readonly Binding[] = [
  ...views.map(({ key, title, name }): Binding => ({
    ...{ keys: [key], scope: 'everywhere', about: `open ${title}` },
    press: (model) => step(opened(model, name)),
  })),
  { keys: ['tab'], scope: 'everywhere', about: 'next view', press: (model) => step(turned(model, 1)) },
  { keys: ['shift+tab'], scope: 'everywhere', about: 'view before', press: (model) => step(turned(model, -1)) },
  ...bindingsOfEverywhere,
  ...views.flatMap((view) => view.bindings),
]

function turned(model: Model, by: number): Model {
  const at = views.findIndex(({ name }) => name === model.view)
  return opened(model, views[(at + by + views.length) % views.length]!.name)
}

function opened(model: Model, view: ViewName): Model {
  return view === model.view ? model : { ...model, view, before: model.view, log: logState }
}
