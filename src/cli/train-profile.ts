// `captune train --profile`: where the time of a train step goes, as a table and as a flame graph.
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { writeAtomically } from '../base/files.ts'
import { loadRunConfig } from '../config/load.ts'
import { flameGraph, flameOf } from '../recipes/flame-graph.ts'
import { requireFiles, runFiles } from '../recipes/needed-files.ts'
import { profilesFolder } from '../recipes/places.ts'
import { profileTraining, type StepProfile } from '../recipes/profile.ts'
import { provideData } from '../recipes/world.ts'
import { csv } from '../tables/csv.ts'
import { percent } from '../tables/format.ts'
import type { Table } from '../tables/table.ts'
import { progressBoard } from './progress-board.ts'
import { shownTable } from './show-table.ts'

/** Steps that are timed unless the user says how many. */
const usualSteps = 20
/** Operations that are shown; the file has all. */
const shown = 25

export async function profileOne(
  path: string,
  overrides: readonly string[],
  asked: string | true,
  signal: AbortSignal,
): Promise<void> {
  const steps = stepsOf(asked)
  const { config } = loadRunConfig(path, overrides)
  const board = progressBoard()
  const around = { report: board.reporter(''), signal }
  try {
    requireFiles(runFiles(config))
    await provideData(config, around)
    const profile = await profileTraining(config, { steps, ...around })
    const folder = join(profilesFolder(), config.name)
    const files = { table: join(folder, 'operations.csv'), flames: join(folder, 'flames.svg') }
    writeAtomically(files.table, csv(tableOf(profile, profile.operations)))
    writeAtomically(files.flames, flamesOf(profile))
    board.close()
    console.log(shownTable(tableOf(profile, profile.operations.slice(0, shown))))
    console.log(
      `${summaryOf(profile)}\n${files.table} has all operations, ${files.flames} shows where in the code they come from.`,
    )
  } finally {
    board.close()
  }
}

function stepsOf(asked: string | true): number {
  const steps = asked === true ? usualSteps : Number(asked)
  if (Number.isInteger(steps) && steps >= 1 && steps <= 1000) return steps
  throw new UserError(`--profile: "${String(asked)}" is no number of steps; a whole number from 1 to 1000 is needed.`)
}

function wholeOf({ batch, run, state }: StepProfile): number {
  return batch + run + state
}

function betweenOperations({ run, operations }: StepProfile): number {
  return run - operations.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
}

function tableOf(profile: StepProfile, operations: StepProfile['operations']): Table {
  const columns = [
    ...[
      { title: 'in a step', unit: 'ms', align: 'right' as const },
      { title: 'share', align: 'right' as const },
    ],
    ...[{ title: 'times', align: 'right' as const }, { title: 'operation' }, { title: 'shapes' }, { title: 'where' }],
  ]
  const whole = wholeOf(profile)
  const rows = operations.map(({ op, shapes, place, count, milliseconds }) =>
    [
      ...[milliseconds.toFixed(2), percent(milliseconds / whole, 1), String(Math.round(count))],
      ...[op, shapes, place.length === 0 ? 'of the runtime itself' : [place[0]!, ...place.slice(1).slice(-3)].join(' > ')],
    ].map((text) => ({ text })),
  )
  return { columns, rows }
}

function summaryOf(profile: StepProfile): string {
  const { engine, steps, batch, run, state } = profile
  const ms = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`
  return (
    `A step takes ${ms(wholeOf(profile))} while it is timed (mean of ${steps}): ${ms(run)} in ${engine}, of that ${ms(betweenOperations(profile))} between operations; ` +
    `${ms(state)} for the trained state and copies, ${ms(batch)} for making the batch.`
  )
}

function flamesOf(profile: StepProfile): string {
  const operations = profile.operations.map(({ op, place, milliseconds }) => ({
    names: [...(place.length === 0 ? ['of the runtime itself'] : place), op],
    milliseconds,
  }))
  const others = [
    { names: ['between operations'], milliseconds: betweenOperations(profile) },
    { names: ['trained state, copies'], milliseconds: profile.state },
    { names: ['batch'], milliseconds: profile.batch },
  ]
  return flameGraph(flameOf('train step', [...operations, ...others]))
}
