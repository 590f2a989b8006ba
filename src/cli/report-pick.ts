// `captune report pick`: which runs the report shows.
import { UserError } from '../base/errors.ts'
import { chooseRuns } from '../report/choose.ts'
import { readSettings, writeSettings } from '../report/settings.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { reading } from './one-run.ts'
import { reportFolder } from './report-folder.ts'

/** Keeps the picks, and lists what the report shows with them. */
export function pickRuns(picks: readonly string[], output: string | undefined): void {
  const folder = reportFolder(output)
  const settings = readSettings(folder)
  reading((reader) => {
    const kept = new Map(Object.entries(settings.picks))
    for (const pick of picks) {
      const [, name, text] = /^([a-z0-9_-]+)=(.*)$/.exec(pick) ?? []
      if (name === undefined || text === undefined) throw new UserError(`"${pick}": is no pick; lora=RUN or best=RUN is needed.`)
      if (text === '') kept.delete(name)
      else kept.set(name, finishedRun(resolveRun(reader, text), pick))
    }
    if (picks.length > 0) writeSettings(folder, { ...settings, picks: Object.fromEntries(kept) })
    const { best, attempts } = chooseRuns(reader, { picks: Object.fromEntries(kept) })
    const shown = { best: best ?? '–', ...attempts }
    for (const [name, id] of Object.entries(shown)) console.log(`${name.padEnd(10)} ${id}${kept.has(name) ? '  (picked)' : ''}`)
  })
}

function finishedRun({ id, kind, state }: ReturnType<typeof resolveRun>, pick: string): string {
  if (state !== 'finished') throw new UserError(`${pick}: ${id} is ${state}; a finished run is needed.`)
  if (kind === 'classify') throw new UserError(`${pick}: ${id} is a classification; a run that captions is needed.`)
  return id
}
