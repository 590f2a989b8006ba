// How soon the dashboard shows what another process writes: its database thread at its usual rhythm.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startProgram } from '../dashboards/effects.ts'
import { firstModel } from '../dashboards/model.ts'
import { screen } from '../dashboards/screen.ts'
import { openRunWriter } from '../src/tracking/writer.ts'
import { ownRow, type Row } from './rows.ts'

const size = { columns: 160, rows: 50 }

/** Until a run that begins is on the screen, and until a step that it logs is. */
export async function liveTimes(part: string, folder: string, repetitions: number): Promise<Row[]> {
  const database = join(folder, 'live', 'runs.db')
  let text = ''
  const program = startProgram({
    first: firstModel({ now: Date.now(), size, database, study: undefined, colours: 'none' }),
    show: (model) => (text = screen(model).join('\n')),
    ...{ quit: () => undefined, write: () => undefined, fonts: '' },
    fail: (error) => {
      throw error
    },
  })
  program.send({ tell: 'key', key: '2' })
  const untilShown = async (part: string): Promise<number> => {
    const began = performance.now()
    while (!text.includes(part)) await pause(1)
    return performance.now() - began
  }
  try {
    const [begun, stepped]: [number[], number[]] = [[], []]
    for (let i = 0; i < repetitions; i++) {
      const run = {
        id: `live-${i}-s1-00000000`,
        study: 'bench',
        attempt: `live-${i}`,
        kind: 'bench',
        seed: 1,
        config_hash: String(i),
      }
      const writer = await openRunWriter({ database, folder: join(folder, 'live', run.id), run })
      begun.push(await untilShown(`live-${i} s1`))
      await pause((i * 37) % 300) // another moment of the dashboard's own rhythm each time
      writer.metric('train/loss', 1000 + i, 1)
      stepped.push(await untilShown(`step ${1000 + i}`))
      await writer.finish('finished')
    }
    return [ownRow(part, 'a run that begins is shown', begun), ownRow(part, 'a step that is logged is shown', stepped)]
  } finally {
    await program.end()
  }
}
