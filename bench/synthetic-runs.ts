// A database of made-up runs, the same for the same seed: studies of the four PEFT types over ranks and seeds, finished, failed and
// running ones, with curves, scores, configuration and, for the newest, captions.
import { random, type Random } from '../src/base/random.ts'
import { claimRun } from '../src/tracking/claim.ts'
import { openDatabase, type Database } from '../src/tracking/database.ts'
import type { ConfigValue, Entry, RunIdentity, RunState } from '../src/tracking/entries.ts'
import { openStore } from '../src/tracking/store.ts'

export interface SyntheticOptions {
  readonly runs: number
  readonly seed: number
  /** Points of each run's loss. */
  readonly points?: number
  /** How many of the newest runs have captions of a validation set. */
  readonly captioned?: number
  /** Images of that set. */
  readonly images?: number
}

const types = ['none', 'lora', 'adapter', 'prefix'] as const
const perStudy = 40 // 4 types, 2 sizes, 5 seeds
const start = Date.UTC(2026, 9, 1)

/** Writes `runs` runs into the database at `path`, which is made. */
export function writeSyntheticRuns(path: string, options: SyntheticOptions): void {
  const database = openDatabase(path)
  try {
    database.transaction(() => {
      for (let i = 0; i < options.runs; i++) writeRun(database, i, options)
    })()
  } finally {
    database.close()
  }
}

function writeRun(
  database: Database,
  i: number,
  { runs, seed, points = 30, captioned = 4, images = 300 }: SyntheticOptions,
): void {
  const numbers = random(seed, 'run', i)
  const type = types[i % types.length]!
  const size = 4 + 4 * (Math.floor(i / 4) % 2)
  const run: RunIdentity = {
    id: `study-${Math.floor(i / perStudy)}-${type}-${size}-s${Math.floor((i % perStudy) / 8)}-${i.toString(16).padStart(8, '0')}`,
    study: `study-${Math.floor(i / perStudy)}`,
    attempt: `${type}-${size}`,
    kind: 'train',
    seed: Math.floor((i % perStudy) / 8),
    config_hash: `${seed}/${i}`,
  }
  claimRun(database, run, undefined)
  const state = stateOf(i, runs)
  const skill = 0.7 + 0.1 * types.indexOf(type) + 0.01 * size + 0.03 * numbers.normal()
  openStore(database, run.id).apply([
    { entry: 'config', values: configOf(type, size, run.seed) },
    { entry: 'environment', values: { ...circumstances, 'model.trained': 265_216 + 2048 * size, 'model.total': 1_787_904 } },
    ...curves(numbers, points, skill, state === 'finished'),
    ...(i >= runs - captioned ? [captions(numbers, points, images, skill)] : []),
    { entry: 'log', level: 'info', text: 'engine: onnx (made up)', at: start },
  ])
  const created = start + i * 60_000
  database
    .prepare('UPDATE runs SET state = ?, reason = ?, created = ?, started = ?, ended = ?, pid = NULL WHERE id = ?')
    .run(state, state === 'failed' ? 'train/loss is NaN at step 17' : null, created, created, created + 50_000, run.id)
}

function stateOf(i: number, runs: number): RunState {
  if (i >= runs - 4) return 'finished'
  return i % 17 === 0 ? 'failed' : i % 23 === 0 ? 'stopped' : 'finished'
}

const circumstances = {
  'score.val.data': 'd'.repeat(64),
  'score.val.images': 300,
  'score.val.decoding': 'greedy, at most 24 tokens',
  'score.val.engine': 'onnx',
  'score.val.precision': 'fp32',
  'score.val.clip': 'c'.repeat(64),
  'git.commit': 'a'.repeat(40),
  'git.diff': 'x'.repeat(2000),
  'machine.host': 'bench',
  'node.version': 'v20.20.2',
}

function configOf(type: string, size: number, seed: number): Record<string, ConfigValue> {
  const knobs: Readonly<Record<string, Record<string, ConfigValue>>> = {
    none: {},
    lora: { 'peft.rank': size, 'peft.alpha': 2 * size, 'peft.targets': ['c_attn'] },
    adapter: { 'peft.bottleneck': 8 * size, 'peft.placement': 'houlsby' },
    prefix: { 'peft.length': 5 * size, 'peft.reparametrise': 0 },
  }
  const others = Array.from({ length: 20 }, (_, i) => [`other.option_${i}`, i] as const)
  const shared = { 'data.root': 'data/shapes', 'train.epochs': 4, 'train.lr': 0.002, 'decode.strategy': 'greedy' }
  return { ...shared, ...Object.fromEntries(others), seed, 'peft.type': type, ...knobs[type] }
}

function curves(numbers: Random, points: number, skill: number, finished: boolean): Entry[] {
  const metric = (name: string, step: number, value: number): Entry => ({ entry: 'metric', name, step, value, at: start + step })
  const loss = Array.from({ length: points }, (_, i) =>
    metric('train/loss', i + 1, 3 * Math.exp((-3 * i) / points) + 1.5 - skill + 0.05 * numbers.normal()),
  )
  const last = ['train/lr', 'train/captions_per_second', 'system/rss_bytes', 'subset/cider', 'subset/clipscore', 'epoch'].map(
    (name, i) => metric(name, points, [0, 120, 5e8 + 1e6 * numbers.below(100), skill, 0.7, 4][i]!),
  )
  if (!finished) return [...loss, ...last]
  const scores = { cider: skill, clipscore: 0.6 + skill / 10, bleu4: skill / 3, rougeL: skill / 2, epoch: 4 }
  return [...loss, ...last, ...Object.entries(scores).map(([name, value]) => metric(`val/${name}`, points, value))]
}

function captions(numbers: Random, step: number, images: number, skill: number): Entry {
  const rows = Array.from({ length: images }, (_, i) => ({
    image: `image-${i.toString().padStart(5, '0')}`,
    caption: numbers.pick(['a red circle above a blue square', 'two green stars', 'a yellow heart beside a red ring']),
    cider: Math.max(0, skill + 0.3 * numbers.normal()),
    clipscore: 0.6 + skill / 10 + 0.05 * numbers.normal(),
  }))
  return { entry: 'samples', split: 'val', step, rows }
}
