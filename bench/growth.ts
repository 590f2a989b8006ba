// How time and memory grow with what there is to do: no faster than in proportion. Every point is a process of its own, so that its memory
// is its own. What others do on the machine only lengthens times: the fastest repetition is the point.
import { fileURLToPath } from 'node:url'
import { writeAtomically } from '../src/base/files.ts'
import { contest } from './contest.ts'
import { captune } from './entrants.ts'
import type { WorkName } from './contestant.ts'
import { growthFigure, type Curve, type Point } from './growth-figure.ts'
import { roomFor } from './machine.ts'
import type { Part } from './part.ts'
import { rowsOf, type Row, type Skipped } from './rows.ts'
import { fullSizes, type Sizes } from './sizes.ts'

/** GPT-2 small with a third of its layers, so that the measurement takes minutes. */
const usual: Sizes = { ...fullSizes, decoder: { ...fullSizes.decoder, layers: 4 } }

interface Series {
  readonly name: string
  /** What grows. */
  readonly by: string
  readonly values: readonly number[]
  readonly work: WorkName
  readonly options: (value: number) => object
}

const step = (by: string, values: readonly number[], options: (value: number) => Sizes): Series => {
  return { name: 'train step', by, values, work: 'train', options }
}

const series: readonly Series[] = [
  step('images in a batch', [2, 4, 8, 16, 32], (images) => ({ ...usual, images })),
  step('tokens of a caption', [10, 20, 40, 80], (tokens) => ({ ...usual, tokens })),
  step('layers', [2, 4, 8, 16], (layers) => ({ ...usual, decoder: { ...usual.decoder, layers } })),
  {
    ...{ name: 'greedy captions', by: 'tokens written', values: [6, 12, 24, 48], work: 'caption' },
    options: (tokens) => ({ ...usual, tokens }),
  },
  {
    ...{
      name: 'data opened, 50 batches read',
      by: 'images of a data set',
      values: [1000, 2000, 4000, 8000, 16_000],
      work: 'data',
    },
    options: (images) => ({ images }),
  },
]

const file = fileURLToPath(new URL('./growth.svg', import.meta.url))

export const growth: Part = {
  name: 'growth',
  about: 'how time and memory grow: train step, captions, data; plotted into bench/growth.svg',
  async measure({ quick, report }) {
    if (quick) return [{ part: growth.name, what: 'all', skipped: 'it takes minutes' }]
    const noRoom = roomFor(8)
    if (noRoom !== undefined) return [{ part: growth.name, what: 'all', skipped: noRoom }]
    const rows: (Row | Skipped)[] = []
    const curves: Curve[] = []
    for (const each of series) {
      report(`growth: ${each.name} by ${each.by}`)
      const measured = await measureSeries(each)
      rows.push(...measured.rows)
      curves.push(measured.curve)
    }
    writeAtomically(file, growthFigure(curves))
    return rows
  },
}

async function measureSeries({ name, by, values, work, options }: Series) {
  const rows: (Row | Skipped)[] = []
  const points: Point[] = []
  for (const value of values) {
    const outcomes = await contest([captune(work, options(value))], { rounds: 5, repetitions: 1 })
    rows.push(...rowsOf(growth.name, `${name}, ${value} ${by}`, { value, unit: by }, outcomes))
    for (const outcome of outcomes)
      if ('seconds' in outcome) points.push({ value, seconds: Math.min(...outcome.seconds), bytes: outcome.peakBytes })
  }
  return { rows, curve: { name, by, points } }
}
