// One run: what it is, what was noted about it, what it said last.
import { harmless } from '../../src/tables/table.ts'
import type { Attempt } from '../data/attempts.ts'
import type { RunLog } from '../data/run-log.ts'
import { answerTo, step, type Model, type Size, type Step } from '../model.ts'
import { accented, bad, bold, dim } from '../style.ts'
import { wrapped } from '../text.ts'
import type { View } from '../view.ts'
import { comparedAttempts } from './compared-attempts.ts'
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
    { keys: ['G', 'end'], scope: 'log', about: 'last line', short: 'end', press: (model) => step({ ...model, scroll: 0 }) },
    { keys: ['right', 'l'], scope: 'log', about: 'next run of the comparison', short: 'next', press: next(1) },
    { keys: ['left', 'h'], scope: 'log', about: 'run before', press: next(-1) },
  ],
}

/** Lines that the end of the log is above the last line of the screen: `scroll` counts from the end, as a log grows there. */
function scroll(by: number): (model: Model) => Step {
  return (model) => step({ ...model, scroll: Math.max(0, model.scroll + by) })
}

function next(by: number): (model: Model) => Step {
  return (model) => {
    const attempts = comparedAttempts(model)
    const at = attempts.findIndex(({ run }) => run.id === loggedRun(model)?.run.id)
    const attempt = attempts[(at + by + attempts.length) % attempts.length]
    return step({ ...model, run: attempt?.run.id ?? model.run, scroll: 0 })
  }
}

function loggedRun(model: Model): Attempt | undefined {
  return model.attempts.find(({ run }) => run.id === model.run) ?? comparedAttempts(model)[0]
}

function logLines(model: Model, size: Size): string[] {
  const attempt = loggedRun(model)
  if (attempt === undefined) return [dim('No run yet.')]
  const log = answerTo(model, { need: 'log', run: attempt.run.id })
  const head = headLines(attempt, log)
    .flatMap((line) => wrapped(line, size.columns))
    .slice(0, Math.floor(size.rows / 2))
  const body = (log === undefined ? [dim('reading …')] : textLines(log)).flatMap((line) => wrapped(line, size.columns))
  const height = size.rows - head.length - 1
  const end = Math.max(Math.min(body.length, height), body.length - model.scroll)
  return [...head, dim('─'.repeat(size.columns)), ...body.slice(Math.max(0, end - height), end)]
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
