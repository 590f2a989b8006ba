// A process that does one work of the benchmark: `contestant.ts WORK ENGINE PRECISION OPTIONS` (JSON). Started by contest.ts.
import { chooseEngine } from '../src/engine/choose.ts'
import type { EngineName, Precision } from '../src/engine/engine.ts'
import { captionWork, strategyWork } from './captions.ts'
import { epochWork } from './epoch.ts'
import { encodeWork } from './features.ts'
import { dataWork } from './growth-data.ts'
import { productWork } from './products.ts'
import { scoreWork } from './scores.ts'
import { featuresWork } from './towers.ts'
import { takeTurns, type Prepared } from './turns.ts'
import { trainWork } from './training.ts'

const works = {
  product: productWork,
  train: trainWork,
  epoch: epochWork,
  encode: encodeWork,
  features: featuresWork,
  caption: captionWork,
  data: dataWork,
  strategy: strategyWork,
  score: scoreWork,
}

export type WorkName = keyof typeof works

const [name, engineName, precision, options] = process.argv.slice(2) as [WorkName, EngineName, Precision, string]
const { engine } = await chooseEngine({ name: engineName, device: 'cpu', threads: 0, precision })
const { work, facts, close }: Prepared = await works[name](engine, JSON.parse(options) as never)
await takeTurns(work, { engine: engine.description, ...facts })
await close?.()
await engine.dispose()
