// Which image, attempts and attention the captions view shows, from the model.
import type { Attempt } from '../data/attempts.ts'
import type { Attention } from '../data/attention.ts'
import { rankedImages, type CaptionedImage, type Ranked } from '../data/captions.ts'
import type { Need } from '../data/messages.ts'
import { baselineOf } from '../data/picks.ts'
import { answerTo, type Model } from '../model.ts'
import { remembering } from '../remember.ts'
import { comparedAttempts } from './compared-attempts.ts'

const ranking = remembering(rankedImages)

function captionsNeed(model: Model): Extract<Need, { need: 'captions' }> {
  return { need: 'captions', runs: comparedAttempts(model).map(({ run }) => run.id) }
}

/** All images in the order that was chosen; undefined before they are read. */
export function shownImages(model: Model): readonly Ranked[] | undefined {
  const images = answerTo(model, captionsNeed(model))
  const { order, search } = model.captions
  return images === undefined ? undefined : ranking(images, captionsBaseline(model), order, search)
}

/** The run that others are measured against. */
export function captionsBaseline(model: Model): string | undefined {
  return baselineOf(comparedAttempts(model))?.run.id
}

/** Where in the list the shown image is; 0 where it is no longer there. */
export function placeIn(images: readonly Ranked[], { captions }: Model): number {
  return Math.max(
    0,
    images.findIndex(({ image: { image } }) => image === captions.image),
  )
}

/** The attempt with the cursor. */
export function captionsAttempt(model: Model): Attempt | undefined {
  const attempts = comparedAttempts(model)
  return attempts.find(({ run }) => run.id === model.captions.attempt) ?? attempts[0]
}

export function pictureNeed({ data, image }: CaptionedImage): Extract<Need, { need: 'picture' }> {
  return { need: 'picture', data, image }
}

export function attentionNeed(model: Model, { image }: CaptionedImage): Extract<Need, { need: 'attention' }> | undefined {
  const attempt = captionsAttempt(model)
  return model.captions.word === undefined || attempt === undefined
    ? undefined
    : { need: 'attention', run: attempt.run.id, image }
}

/** The captions; of the image its picture and those of its neighbours, so that they are there when they are gone to. */
export function captionsNeeds(model: Model): Need[] {
  const images = shownImages(model) ?? []
  const at = placeIn(images, model)
  const near = [at, at + 1, at - 1].flatMap((place) => images[place]?.image ?? [])
  const attention = near[0] === undefined ? undefined : attentionNeed(model, near[0])
  return [captionsNeed(model), ...near.map(pictureNeed), ...(attention === undefined ? [] : [attention])]
}

export interface ShownWord {
  readonly attention: Attention
  readonly word: number
}

/** The word whose attention is shown; a sentence where there is none; undefined where none is wanted or it is still being read. */
export function shownWord(model: Model, image: CaptionedImage): ShownWord | string | undefined {
  const need = attentionNeed(model, image)
  const answer = need === undefined ? undefined : answerTo(model, need)
  if (answer === undefined || model.captions.word === undefined) return undefined
  if ('problem' in answer) return answer.problem
  const { length } = answer.words
  return length === 0
    ? 'the caption has no words'
    : { attention: answer, word: ((model.captions.word % length) + length) % length }
}
