// One run: what it is, what was noted about it, what it said last.
import { harmless } from '../../src/tables/table.ts'
import type { Attempt } from '../data/attempts.ts'
import type { RunLog } from '../data/run-log.ts'
import { answerTo, bodySize, step, type Model, type Size, type Step } from '../model.ts'
import { accented, bad, bare, bold, dim, inverse } from '../style.ts'
import { cutTo, widthOf, wrapped } from '../text.ts'
import type { View } from '../view.ts'
import { comparedAttempts } from './compared-attempts.ts'
import { logState } from './log-state.ts'
import { nameOf } from './runs-columns.ts'
import { stateStyle } from './state-style.ts'

export const logView: View = {
  ...{ name: 'log', title: 'Log', key: '6', lines: logLines },
  needs: (model) => {
    const run = loggedRun(model)?.run.id
    return run === undefined ? [] : [{ need: 'log', run }]
  },
  bindings: [
    { keys: ['up', 'k'], scope: 'log', about: 'line above', press: scroll(1) },
    { keys: ['down', 'j'], scope: 'log', about: 'line below', press: scroll(-1) },
    { keys: ['page up', 'ctrl+b'], scope: 'log', about: 'page above', press: scroll(10) },
    { keys: ['page down', 'ctrl+f'], scope: 'log', about: 'page below', press: scroll(-10) },
    { keys: ['g', 'home'], scope: 'log', about: 'first line', press: scroll(Infinity) },
    { keys: ['G', 'end'], scope: 'log', about: 'last line', short: 'end', press: scroll(-Infinity) },
    { keys: ['/'], scope: 'log', about: 'search', short: 'search', press: (model) => step(searching(model)) },
    { keys: ['n'], scope: 'log', about: 'next line that was searched for', press: (model, size) => step(gone(model, size, 1)) },
    { keys: ['N'], scope: 'log', about: 'the one before', press: (model, size) => step(gone(model, size, -1)) },
    { keys: ['right', 'l'], scope: 'log', about: 'next run of the comparison', short: 'next', press: next(1) },
    { keys: ['left', 'h'], scope: 'log', about: 'run before', press: next(-1) },
  ],
}

/** `scroll` counts from the end, as a log grows there. */
function scroll(by: number): (model: Model, size: Size) => Step {
  return (model, size) => {
    const { body, height } = parts(model, size)
    const scrolled = Math.max(0, Math.min(body.length - height, model.log.scroll + by))
    return step({ ...model, log: { ...model.log, scroll: scrolled } })
  }
}

function searching(model: Model): Model {
  const { search } = model.log
  return { ...model, dialog: { kind: 'prompt', what: 'filter', text: search, before: search } }
}

/** The log at the last line in which `search` occurs. */
export function logSearched(model: Model, search: string): Model {
  return gone({ ...model, log: { ...model.log, search, found: undefined } }, bodySize(model.size), -1)
}

/** To the next line that was searched for, or the one before; behind the last comes the first. */
function gone(model: Model, size: Size, by: 1 | -1): Model {
  const { body, height } = parts(model, size)
  const places = body.flatMap((line, i) => (isFound(line, model.log.search) ? [i] : []))
  const { found = by > 0 ? -1 : Infinity } = model.log
  const place = by > 0 ? (places.find((at) => at > found) ?? places[0]) : (places.findLast((at) => at < found) ?? places.at(-1))
  if (place === undefined) return model
  const below = Math.min(body.length - height, body.length - place - Math.ceil(height / 2))
  return { ...model, log: { ...model.log, found: place, scroll: Math.max(0, below) } }
}

function isFound(line: string, search: string): boolean {
  return search !== '' && bare(line).toLowerCase().includes(search.toLowerCase())
}

function next(by: number): (model: Model) => Step {
  return (model) => {
    const attempts = comparedAttempts(model)
    const at = attempts.findIndex(({ run }) => run.id === loggedRun(model)?.run.id)
    const attempt = attempts[(at + by + attempts.length) % attempts.length]
    return step({ ...model, run: attempt?.run.id ?? model.run, log: { ...logState, search: model.log.search } })
  }
}

function loggedRun(model: Model): Attempt | undefined {
  return model.attempts.find(({ run }) => run.id === model.run) ?? comparedAttempts(model)[0]
}

interface Parts {
  readonly head: readonly string[]
  readonly body: readonly string[]
  /** Lines of the body that are seen. */
  readonly height: number
}

function parts(model: Model, { columns, rows }: Size): Parts {
  const attempt = loggedRun(model)
  if (attempt === undefined) return { head: [dim('No run yet.')], body: [], height: rows - 2 }
  const log = answerTo(model, { need: 'log', run: attempt.run.id })
  const inLines = (texts: readonly string[]) => texts.flatMap((line) => wrapped(line, columns))
  const head = inLines(headLines(attempt, log)).slice(0, Math.floor(rows / 2))
  return { head, body: inLines(log === undefined ? [dim('reading …')] : textLines(log)), height: rows - head.length - 1 }
}

function logLines(model: Model, size: Size): string[] {
  const { head, body, height } = parts(model, size)
  const { scroll: above, search, found } = model.log
  const end = Math.max(Math.min(body.length, height), body.length - above)
  const top = Math.max(0, end - height)
  const shown = body.slice(top, end).map((line, i) => {
    if (!isFound(line, search)) return line
    return top + i === found ? inverse(`>${bare(line)}`) : accented(bare(line))
  })
  return [...head, dim(ruleLine(body, search, size.columns)), ...shown]
}

/** Tells in how many lines something was found. */
function ruleLine(body: readonly string[], search: string, columns: number): string {
  const count = body.filter((line) => isFound(line, search)).length
  const told = search === '' ? '' : ` /${harmless(search)}: ${count === 0 ? 'nowhere' : `${count} lines`} `
  return cutTo(`──${told}${'─'.repeat(Math.max(0, columns - 2 - widthOf(told)))}`, columns)
}

function headLines(attempt: Attempt, log: RunLog | undefined): string[] {
  const { run, method, tags } = attempt
  const reason = run.reason === null ? '' : `: ${run.reason}`
  return [
    `${bold(harmless(nameOf(attempt)))}  ${stateStyle(attempt)(run.state + harmless(reason))}`,
    dim(harmless(`${run.id}  ${method}${tags.length === 0 ? '' : `  tags: ${tags.join(' ')}`}`)),
    ...(log?.notes ?? []).map(
      ({ at, text }) => `${accented('note')} ${new Date(at).toISOString().slice(0, 10)} ${harmless(text)}`,
    ),
    ...(log?.facts ?? []).slice(0, 3).map(([key, value]) => dim(harmless(`${key} ${value.slice(0, 200)}`))),
  ]
}

function textLines({ lines, output }: RunLog): string[] {
  const said = lines.map(({ at, level, text }) => {
    const line = `${new Date(at).toISOString().slice(11, 19)} ${harmless(text)}`
    return level === 'info' ? line : bad(`${level}: ${line}`)
  })
  const printed = output.map((line) => harmless(line))
  return [...said, ...(printed.length === 0 ? [] : [dim('log.txt'), ...printed])]
}
