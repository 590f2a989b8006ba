// What the user marks, written into the database: the only writing that the dashboard does.
import { messageOf, UserError } from '../../src/base/errors.ts'
import { hideRun, noteRun, renameRun, requestStop, setBaseline, tagRun } from '../../src/tracking/amend.ts'
import type { Action, FromSource } from './messages.ts'

/** Does it, and tells what was done or why it could not be. */
export function perform(database: string, action: Action): FromSource {
  try {
    write(database, action)
    return { tell: 'done', sentence: sentenceOf(action), failed: false }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { tell: 'done', sentence: messageOf(error), failed: true }
  }
}

function write(database: string, action: Action): void {
  switch (action.act) {
    case 'tag':
      return action.runs.forEach((run) => tagRun(database, run, action.tag, action.on))
    case 'note':
      return noteRun(database, action.run, action.text)
    case 'rename':
      return renameRun(database, action.run, action.name)
    case 'baseline':
      return setBaseline(database, action.run, action.on)
    case 'stop':
      return action.runs.forEach((run) => requestStop(database, run))
    case 'hide':
      return action.runs.forEach((run) => hideRun(database, run, action.on))
  }
}

function sentenceOf(action: Action): string {
  switch (action.act) {
    case 'tag':
      return `${action.on ? 'Tagged' : 'Took the tag off'} ${runsText(action.runs)}: ${action.tag}`
    case 'note':
      return `Noted on ${action.run}.`
    case 'rename':
      return `${action.run} is now called ${action.name}.`
    case 'baseline':
      return action.on ? `${action.run} is the baseline of its study.` : `${action.run} is no baseline any more.`
    case 'stop':
      return `Asked ${runsText(action.runs)} to save and stop; within about 2 s it does.`
    case 'hide':
      return action.on ? `Removed ${runsText(action.runs)} from lists; u puts it back.` : `Put ${runsText(action.runs)} back.`
  }
}

function runsText(runs: readonly string[]): string {
  return runs.length === 1 ? runs[0]! : `${runs.length} runs`
}
