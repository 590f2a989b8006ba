// What can be done with the captions.
import type { Binding } from '../bindings.ts'
import { orders } from '../data/captions.ts'
import { step, type Model, type Step } from '../model.ts'
import { captionsAttempt, placeIn, shownImages } from './captions-shown.ts'
import type { CaptionsState } from './captions-state.ts'
import { comparedAttempts } from './compared-attempts.ts'

const scope = 'captions'

export const captionsBindings: readonly Binding[] = [
  { keys: ['n', 'right', 'l'], scope, about: 'next image', short: 'next', press: toPlace((at) => at + 1) },
  { keys: ['p', 'left', 'h'], scope, about: 'image before', short: 'before', press: toPlace((at) => at - 1) },
  { keys: ['g', 'home'], scope, about: 'first image', press: toPlace(() => 0) },
  { keys: ['G', 'end'], scope, about: 'last image', press: toPlace((_, last) => last) },
  { keys: ['o'], scope, about: 'order: disagreement between attempts, regression against the baseline, name', short: 'order', press: change(nextOrder) },
  { keys: ['/'], scope, about: 'only images in whose captions, references or name something occurs', short: 'search', press: (model) => step(searching(model)) },
  { keys: ['down', 'j'], scope, about: 'attempt below', press: toAttempt(1) },
  { keys: ['up', 'k'], scope, about: 'attempt above', press: toAttempt(-1) },
  { keys: ['a'], scope, about: 'attention of the attempt at the cursor over the image, or no longer', short: 'attention', press: change((state) => ({ ...state, word: state.word === undefined ? 0 : undefined })) },
  { keys: ['w'], scope, about: 'attention of the next word', press: change((state) => ({ ...state, word: (state.word ?? -1) + 1 })) },
  { keys: ['W'], scope, about: 'attention of the word before', press: change((state) => ({ ...state, word: (state.word ?? 0) - 1 })) },
  { keys: ['page down', 'ctrl+f'], scope, about: 'texts further below', press: change((state) => ({ ...state, scroll: state.scroll + 5 })) },
  { keys: ['page up', 'ctrl+b'], scope, about: 'texts further above', press: change((state) => ({ ...state, scroll: Math.max(0, state.scroll - 5) })) },
] // prettier-ignore

function change(next: (state: CaptionsState) => CaptionsState): (model: Model) => Step {
  return (model) => step({ ...model, captions: next(model.captions) })
}

/** To the image at another place; the word and the line begin anew. */
function toPlace(placeFor: (at: number, last: number) => number): (model: Model) => Step {
  return (model) => {
    const images = shownImages(model) ?? []
    const last = images.length - 1
    const place = Math.max(0, Math.min(last, placeFor(placeIn(images, model), last)))
    const image = images[place]?.image.image
    return change((state) => ({ ...state, image, scroll: 0, word: state.word === undefined ? undefined : 0 }))(model)
  }
}

function nextOrder(state: CaptionsState): CaptionsState {
  return { ...state, order: orders[(orders.indexOf(state.order) + 1) % orders.length]!, image: undefined, scroll: 0 }
}

function searching(model: Model): Model {
  const { search } = model.captions
  return { ...model, dialog: { kind: 'prompt', what: 'filter', text: search, before: search } }
}

function toAttempt(by: number): (model: Model) => Step {
  return (model) => {
    const attempts = comparedAttempts(model)
    const at = attempts.findIndex(({ run }) => run.id === captionsAttempt(model)?.run.id)
    const attempt = attempts[Math.max(0, Math.min(attempts.length - 1, at + by))]?.run.id
    return change((state) => ({ ...state, attempt }))(model)
  }
}
