// The one place where the model changes: a message in, the next model and what the world should do out. No I/O, no clock.
import { bindingOf } from './bindings.ts'
import type { Attempt } from './data/attempts.ts'
import { keyOf, type FromSource, type Need } from './data/messages.ts'
import { saying } from './everywhere.ts'
import { bodySize, step, type Model, type Size, type Step } from './model.ts'
import { pressInDialog } from './dialogs.ts'
import { bindings, viewNamed } from './views/views.ts'

export type Message =
  | { readonly tell: 'key'; readonly key: string }
  | { readonly tell: 'size'; readonly size: Size }
  | { readonly tell: 'time'; readonly now: number }
  | FromSource

export function update(model: Model, message: Message): Step {
  switch (message.tell) {
    case 'key':
      return pressed({ ...model, saying: undefined }, message.key)
    case 'size':
      return step({ ...model, size: message.size })
    case 'time':
      return step({ ...model, now: message.now })
    case 'attempts':
      return step({ ...model, attempts: merged(model.attempts, message), waiting: message.waiting })
    case 'answer':
      return step({ ...model, answers: withAnswer(model, message) })
    case 'trouble':
      return step({ ...model, trouble: message.sentence })
    case 'done':
      return step(saying(model, message.sentence, message.failed))
  }
}

function pressed(model: Model, key: string): Step {
  if (model.dialog !== undefined) return pressInDialog(model, model.dialog, key)
  return bindingOf(bindings, model.view, key)?.press(model, bodySize(model.size)) ?? step(model)
}

const mostAnswers = 100

/** The newest answers, and all that the open view needs: captions are read once and pictures come and go. */
function withAnswer(model: Model, { need, answer }: Extract<FromSource, { tell: 'answer' }>): Model['answers'] {
  const answers = new Map(model.answers)
  answers.delete(keyOf(need))
  answers.set(keyOf(need), answer)
  if (answers.size <= mostAnswers) return answers
  const needed = new Set(needsOf(model).map(keyOf))
  const spare = [...answers.keys()].filter((key) => !needed.has(key))
  for (const key of spare.slice(0, answers.size - mostAnswers)) answers.delete(key)
  return answers
}

/** What the open view needs now. */
export function needsOf(model: Model): Need[] {
  return viewNamed(model.view).needs?.(model) ?? []
}

/** Known runs in their places with what is new about them, newest first. */
function merged(
  attempts: readonly Attempt[],
  { changed, gone }: { readonly changed: readonly Attempt[]; readonly gone: readonly string[] },
): readonly Attempt[] {
  if (changed.length === 0 && gone.length === 0) return attempts
  const news = new Map(changed.map((attempt) => [attempt.run.id, attempt]))
  const lost = new Set(gone)
  const kept = attempts.flatMap((attempt) => {
    const { id } = attempt.run
    const newer = news.get(id)
    news.delete(id)
    return lost.has(id) ? [] : [newer ?? attempt]
  })
  if (news.size === 0) return kept
  const all = [...kept, ...news.values()]
  return isNewestFirst(all) ? all : all.sort((a, b) => b.run.created - a.run.created)
}

function isNewestFirst(attempts: readonly Attempt[]): boolean {
  return attempts.every(({ run }, i) => i === 0 || run.created <= attempts[i - 1]!.run.created)
}
