// Ten curves of 100 000 points each: until they are drawn first, and then for every move of the window.
import type { Attempt } from '../dashboards/data/attempts.ts'
import type { FromSource, Need } from '../dashboards/data/messages.ts'
import { firstModel, type Model } from '../dashboards/model.ts'
import { screen } from '../dashboards/screen.ts'
import { needsOf, update, type Message } from '../dashboards/update.ts'
import { random } from '../src/base/random.ts'
import type { Series } from '../src/tracking/reader.ts'
import { ownRow, type Row } from './rows.ts'

const [curves, points] = [10, 100_000]
const size = { columns: 160, rows: 50 }

/** The curves are in memory: what reading them costs is another thread's. */
export function curveTimes(part: string, repetitions: number): Row[] {
  const first: number[] = []
  let model = withCurves(1)
  for (let seed = 1; seed <= Math.max(3, repetitions / 10); seed++) {
    model = withCurves(seed)
    const began = performance.now()
    screen(model)
    first.push(performance.now() - began)
  }
  const moves = ['+', '+', 'right', 'right', 'left', '_', '_', 'c', 'left', 'c']
  const frames: number[] = []
  for (let i = 0; i < repetitions; i++) {
    const began = performance.now()
    model = told(model, { tell: 'key', key: moves[i % moves.length]! })
    screen(model)
    frames.push(performance.now() - began)
  }
  const what = `${curves} curves of ${points} points`
  return [ownRow(part, `${what}, first drawn`, first), ownRow(part, `${what}, zoomed or moved`, frames)]
}

function told(model: Model, message: Message): Model {
  return update(model, message).model
}

function withCurves(seed: number): Model {
  const attempts = Array.from({ length: curves }, (_, i) => attempt(i))
  const first = firstModel({ now: 0, size, database: 'runs.db', study: undefined, colours: '256' })
  const known = told(first, { tell: 'attempts', changed: attempts, gone: [], waiting: 0 })
  const open = told({ ...known, picked: attempts.map(({ run }) => run.id) }, { tell: 'key', key: '3' })
  const named = answered(open, (need) => (need.need === 'metrics' ? ['train/loss'] : undefined))
  return answered(named, (need) => (need.need === 'curve' ? curve(`${seed} ${need.run}`) : undefined))
}

function answered(model: Model, answerTo: (need: Need) => readonly string[] | Series | undefined): Model {
  const answers = needsOf(model).flatMap((need): FromSource[] => {
    const answer = answerTo(need)
    return answer === undefined ? [] : [{ tell: 'answer', need, answer }]
  })
  return answers.reduce(told, model)
}

function curve(seed: string): Series {
  const numbers = random(1, seed)
  const steps = Float64Array.from({ length: points }, (_, i) => i + 1)
  return { steps, at: steps, values: steps.map((step) => 3 * Math.exp(-step / 30_000) + 0.1 * numbers.normal()) }
}

function attempt(i: number): Attempt {
  const id = `bench-curve-s${i}-00000000`
  return {
    run: {
      ...{ id, study: 'bench', attempt: `curve-${i}`, kind: 'train', seed: i, state: 'finished', reason: null, config_hash: '' },
      ...{ parent: null, created: 0, started: 0, ended: 1, host: null, pid: null, pid_start: null, heartbeat: 0 },
      ...{ stop_requested: 0, hidden: 0, name: id, baseline: 0 },
    },
    ...{ method: '', type: 'none', trained: undefined, share: undefined, cider: undefined, clipscore: undefined },
    ...{ accuracy: undefined, top5: undefined, epoch: undefined, lastLoss: undefined, seconds: 1, images: undefined },
    ...{ captionsPerSecond: undefined, circumstances: '', bleu4: undefined, rougeL: undefined, memory: undefined },
    ...{ config: {}, tags: [], notes: [], progress: undefined, marks: 'none' },
  }
}
