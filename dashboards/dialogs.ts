// Keys while something stands over the view: help, a line to be typed, a question.
import { extname } from 'node:path'
import { printTable } from '../src/tables/print.ts'
import { tableFormats, type TableFormat } from '../src/tables/table-formats.ts'
import { acting, saying } from './everywhere.ts'
import { bodySize, step, type Dialog, type Model, type PromptKind, type Step } from './model.ts'
import { runMeant, runsMeant } from './subject.ts'
import { characters } from './text.ts'
import { logSearched } from './views/log.ts'
import { foundBindings, placeAmong } from './views/palette.ts'
import { viewNamed } from './views/views.ts'

export function pressInDialog(model: Model, dialog: Dialog, key: string): Step {
  if (key === 'ctrl+c') return step(model, { effect: 'quit' })
  switch (dialog.kind) {
    case 'help':
      return step(inHelp(model, dialog.scroll, key))
    case 'question':
      return key === 'y' || key === 'Y' ? acting(closed(model), dialog.action) : step(closed(model))
    case 'palette':
      return inPalette(model, dialog, key)
    case 'prompt':
      return inPrompt(model, dialog, key)
  }
}

function closed(model: Model): Model {
  return { ...model, dialog: undefined }
}

const helpKeys: Readonly<Record<string, number>> = { up: -1, k: -1, down: 1, j: 1, 'page up': -10, 'page down': 10 }

function inHelp(model: Model, scroll: number, key: string): Model {
  const by = helpKeys[key]
  return by === undefined ? closed(model) : { ...model, dialog: { kind: 'help', scroll: Math.max(0, scroll + by) } }
}

const paletteKeys: Readonly<Record<string, number>> = {
  up: -1,
  down: 1,
  'shift+tab': -1,
  tab: 1,
  'page up': -10,
  'page down': 10,
}

function inPalette(model: Model, palette: Extract<Dialog, { kind: 'palette' }>, key: string): Step {
  if (key === 'esc') return step(closed(model))
  const found = foundBindings(model.view, palette.text)
  const cursor = placeAmong(found.length, palette)
  if (key === 'enter') return found[cursor]?.press(closed(model), bodySize(model.size)) ?? step(closed(model))
  const by = paletteKeys[key]
  if (by !== undefined) return step({ ...model, dialog: { ...palette, cursor: cursor + by } })
  return step({ ...model, dialog: { ...palette, text: edited(palette.text, key), cursor: 0 } })
}

type Prompt = Extract<Dialog, { kind: 'prompt' }>

function inPrompt(model: Model, prompt: Prompt, key: string): Step {
  if (key === 'enter') return entered(closed(model), prompt.what, prompt.text.trim())
  if (key === 'esc') return step(prompt.what === 'filter' ? filtered(closed(model), prompt.before) : closed(model))
  const text = edited(prompt.text, key)
  const next = { ...model, dialog: { ...prompt, text } }
  return step(prompt.what === 'filter' ? filtered(next, text) : next)
}

function edited(text: string, key: string): string {
  switch (key) {
    case 'backspace':
      return characters(text).slice(0, -1).join('')
    case 'ctrl+u':
      return ''
    case 'ctrl+w':
      return text.replace(/\S*\s*$/, '')
    case 'space':
      return `${text} `
    default:
      return isCharacter(key) ? text + key : text
  }
}

/** Names of other keys are words. */
function isCharacter(key: string): boolean {
  return characters(key).length === 1
}

/** What a filter filters depends on the view. */
function filtered(model: Model, filter: string): Model {
  if (model.view === 'captions') return { ...model, captions: { ...model.captions, search: filter, image: undefined } }
  if (model.view === 'log') return logSearched(model, filter)
  return { ...model, runs: { ...model.runs, filter, cursor: undefined } }
}

function entered(model: Model, what: PromptKind, text: string): Step {
  if (what === 'filter') return step(filtered(model, text))
  if (text === '') return step(model)
  if (what === 'export') return exported(model, text)
  const attempt = runMeant(model)
  if (attempt === undefined) return step(saying(model, 'There is no run here any more.', true))
  const run = attempt.run.id
  if (what === 'note') return acting(model, { act: 'note', run, text })
  if (what === 'rename') return acting(model, { act: 'rename', run, name: text })
  const attempts = runsMeant(model)
  const on = !attempts.every(({ tags }) => tags.includes(text))
  return acting(model, { act: 'tag', runs: attempts.map((each) => each.run.id), tag: text, on })
}

/** The view as a file; its ending says in which format. */
function exported(model: Model, path: string): Step {
  const format = extname(path).slice(1)
  const view = viewNamed(model.view)
  if (format === 'svg' || format === 'png') {
    const svg = view.page?.(model, bodySize(model.size))
    if (svg === undefined) return step(saying(model, `${view.title} shows no chart now; a table's ending is needed.`, true))
    return step(model, { effect: 'draw', path, svg })
  }
  if (!isFileFormat(format))
    return step(saying(model, `${path}: the ending must be one of ${fileFormats.join(', ')}, svg, png.`, true))
  const table = view.table?.(model)
  if (table === undefined) return step(saying(model, 'This view has no table to write.', true))
  return step(model, { effect: 'save', path, text: printTable(table, format) })
}

const fileFormats = tableFormats.filter((name) => name !== 'plain')

function isFileFormat(format: string): format is TableFormat {
  return (fileFormats as readonly string[]).includes(format)
}
