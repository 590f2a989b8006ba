// Finished runs on record, made up in one go.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { claimRun } from '../../../src/tracking/claim.ts'
import { openDatabase } from '../../../src/tracking/database.ts'
import type { ConfigValue, Entry, ReferenceImage, Sample } from '../../../src/tracking/entries.ts'
import { openReader, type Reader } from '../../../src/tracking/reader.ts'
import { openStore } from '../../../src/tracking/store.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

export interface Recorded {
  readonly id: string
  readonly study?: string
  readonly attempt?: string
  readonly kind?: string
  readonly seed?: number
  readonly parent?: string
  readonly config?: Readonly<Record<string, ConfigValue>>
  readonly metrics?: Readonly<Record<string, number>>
  readonly facts?: Readonly<Record<string, unknown>>
  readonly samples?: readonly Sample[]
  readonly references?: readonly ReferenceImage[]
  /** Files of the run's folder. */
  readonly files?: Readonly<Record<string, string>>
  readonly unfinished?: boolean
}

export const data = 'd'.repeat(64)
const usual = { 'score.val.data': data, 'data.fingerprint': data, 'score.val.images': 300, 'score.val.decoding': 'greedy' }

/** A folder of runs and a reader of it; both are gone after the test. */
export function recorded(runs: readonly Recorded[]): { reader: Reader; runsFolder: string } {
  const runsFolder = temporaryFolder()
  record(runsFolder, runs)
  const reader = openReader(join(runsFolder, 'runs.db'))
  onTestFinished(() => reader.close())
  return { reader, runsFolder }
}

/** Adds runs, or what is new of them. */
export function record(runsFolder: string, runs: readonly Recorded[]): void {
  const database = openDatabase(join(runsFolder, 'runs.db'))
  for (const run of runs) {
    const { id, study = 'demo', attempt = id, kind = 'train', seed = 1, parent, files = {} } = run
    claimRun(database, { id, study, attempt, kind, seed, parent, config_hash: `hash of ${id}` }, undefined)
    openStore(database, id).apply(entriesOf(run))
    for (const [path, content] of Object.entries({ 'config.yaml': `name: ${id}\n`, ...files })) {
      mkdirSync(join(runsFolder, id, path, '..'), { recursive: true })
      writeFileSync(join(runsFolder, id, path), content)
    }
  }
  database.close()
}

function entriesOf({
  config = {},
  metrics = {},
  facts = {},
  samples = [],
  references = [],
  unfinished = false,
}: Recorded): Entry[] {
  const at = Date.now()
  return [
    { entry: 'config', values: { 'data.root': 'data/nowhere', ...config } },
    { entry: 'environment', values: { ...usual, ...facts } },
    ...Object.entries(metrics).map(([name, value]) => ({ entry: 'metric', name, step: 8, value, at }) as const),
    { entry: 'references', data, images: references },
    { entry: 'samples', split: 'val', step: 8, rows: samples },
    ...(unfinished ? [] : [{ entry: 'end', state: 'finished', reason: null, at } as const]),
  ]
}

/** A training of the PEFT type that the id begins with: `lora`, `lora-2`. */
export function trained(id: string, cider: number, more: Partial<Recorded> = {}): Recorded {
  const [type = id] = id.split('-')
  const knobs = { 'peft.rank': 8, 'peft.alpha': 16, 'peft.targets': ['c_attn'], 'peft.bottleneck': 64, 'peft.placement': 'houlsby', 'peft.length': 20, 'peft.reparametrise': 0 } // prettier-ignore
  return {
    id,
    ...more,
    config: { 'peft.type': type, ...knobs, ...more.config },
    metrics: {
      'train/loss': 1.5,
      'subset/cider': cider,
      'val/cider': cider,
      'val/clipscore': 0.7,
      'val/epoch': 2,
      ...more.metrics,
    },
    facts: { 'model.trained': 1_000_000, 'model.total': 10_000_000, ...more.facts },
  }
}

/** A classification by one prompt. */
export function classified(id: string, template: string, accuracy: number, more: Partial<Recorded> = {}): Recorded {
  return {
    id,
    kind: 'classify',
    ...more,
    config: { 'prompts.templates': [template], ...more.config },
    metrics: { 'val/accuracy': accuracy, 'val/top5': 1 },
  }
}
