// The whole screen as lines: which view is open, the view or what stands over it, what can be pressed.
import { basename } from 'node:path'
import { thousands } from '../src/tables/format.ts'
import { harmless } from '../src/tables/table.ts'
import { bindingOf } from './bindings.ts'
import { bodySize, type Model, type PromptKind, type Size } from './model.ts'
import { remembering } from './remember.ts'
import { accented, bad, bold, dim, inverse } from './style.ts'
import { apart, characters, cutTo, widthOf, wrapped } from './text.ts'
import { helpLines } from './views/help.ts'
import { paletteLines } from './views/palette.ts'
import { bindings, viewNamed, views } from './views/views.ts'

const smallest: Size = { columns: 60, rows: 12 }

/** One line less than the terminal has: Ink clears the screen where its output is as tall. */
export function screen(model: Model): string[] {
  const { size } = model
  if (size.columns < smallest.columns || size.rows < smallest.rows) return tooSmall(size)
  const body = bodySize(size)
  const lines = bodyLines(model, body).slice(0, body.rows)
  const filled = [...lines, ...Array.from({ length: body.rows - lines.length }, () => '')]
  return [tabLine(model), ...filled, footLine(model)].map((line) => cutTo(line, size.columns))
}

function tooSmall({ columns, rows }: Size): string[] {
  const sentence = `This terminal has ${columns} x ${rows}; ${smallest.columns} x ${smallest.rows} are needed.`
  return wrapped(sentence, Math.max(1, columns)).slice(0, Math.max(1, rows - 1))
}

function bodyLines(model: Model, size: Size): string[] {
  if (model.dialog?.kind === 'palette') return paletteLines(model.view, model.dialog, size)
  if (model.dialog?.kind === 'help') return helpLines(bindings, viewNamed(model.view), size, model.dialog.scroll)
  if (model.attempts.length > 0) return viewNamed(model.view).lines(model, size)
  if (model.trouble !== undefined) return ['', ...wrapped(harmless(model.trouble), size.columns)]
  return model.waiting === undefined ? ['', dim('reading runs …')] : greeting(model)
}

function greeting({ study, database }: Model): string[] {
  return [
    '',
    bold(study === undefined ? 'No runs yet.' : harmless(`No runs of the study ${study} yet.`)),
    '',
    'This trains the first ones, in another terminal; they appear here as they start:',
    '',
    `  ${accented('captune study experiments/shapes/study.yaml')}`,
    '',
    dim(harmless(`The database is ${database}.`)),
  ]
}

function tabLine(model: Model): string {
  const tabs = views.map(({ key, title, name }) => {
    const tab = ` ${key} ${title} `
    return name === model.view ? inverse(bold(tab)) : tab
  })
  return apart(tabs.join(''), statusText(model), model.size.columns)
}

const runningAmong = remembering((attempts: Model['attempts']) => attempts.filter(({ run }) => run.state === 'running').length)

function statusText({ attempts, waiting = 0, study }: Model): string {
  const running = runningAmong(attempts)
  const parts = [
    ...(waiting > 0 ? [`reading ${thousands(waiting)} more`] : []),
    ...(running > 0 ? [`▶ ${running} running`] : []),
    ...(study === undefined ? [] : [harmless(study)]),
    `${thousands(attempts.length)} ${attempts.length === 1 ? 'run' : 'runs'}`,
  ]
  return dim(parts.join(' · '))
}

const promptTitles: Readonly<Record<PromptKind, string>> = {
  filter: '/',
  tag: 'tag: ',
  note: 'note: ',
  rename: 'name: ',
  export: 'write to: ',
}

function footLine({ dialog, saying, view, size, trouble, database, attempts }: Model): string {
  if (dialog?.kind === 'prompt') return promptLine(promptTitles[dialog.what], dialog.text, size.columns)
  if (dialog?.kind === 'palette') return promptLine(':', dialog.text, size.columns)
  if (dialog?.kind === 'question') return bold(harmless(`${dialog.text} (y/n)`))
  if (dialog?.kind === 'help') return dim('arrows scroll, any other key closes')
  const short = (text: string) => harmless(text.replace(database, basename(database)))
  if (saying !== undefined) return saying.failed ? bad(short(saying.text)) : short(saying.text)
  if (trouble !== undefined && attempts.length > 0) return bad(short(trouble))
  return hints(view)
}

/** The end of what is typed stays visible. */
function promptLine(title: string, text: string, width: number): string {
  const shown = characters(harmless(text))
  while (widthOf(shown.join('')) > width - title.length - 1) shown.shift()
  return accented(title) + shown.join('') + inverse(' ')
}

/** Help first, then the view's own keys, then what else there is; nothing that a nearer binding hides. */
function hints(view: Model['view']): string {
  const shown = bindings.filter(
    ({ short, scope, keys }) =>
      short !== undefined && (scope === view || scope === 'everywhere') && bindingOf(bindings, view, keys[0]!)?.short === short,
  )
  const first = shown.filter(({ short }) => short === 'help' || short === 'leave')
  const own = shown.filter(({ scope }) => scope === view)
  const others = shown.filter((binding) => !first.includes(binding) && !own.includes(binding))
  return [...first, ...own, ...others].map(({ keys, short }) => `${accented(keys[0]!)} ${dim(short!)}`).join('  ')
}
