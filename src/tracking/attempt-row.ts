// One run as a row of the table of attempts: every number beside the circumstances it was measured in.
import type { Reader } from './reader.ts'
import type { RunRow } from './run-state.ts'

export interface AttemptRow {
  readonly run: RunRow
  /** `lora rank 8, alpha 16, c_attn` */
  readonly method: string
  readonly trained: number | undefined
  /** Trained parameters over all of encoder and captioner, 0..1. */
  readonly share: number | undefined
  /** On the whole validation set, for the best epoch's checkpoint. */
  readonly cider: number | undefined
  readonly clipscore: number | undefined
  /** The best epoch, counted from 1. */
  readonly epoch: number | undefined
  readonly lastLoss: number | undefined
  /** From start to end, or to now. */
  readonly seconds: number | undefined
  readonly captionsPerSecond: number | undefined
  /** Equal exactly where two rows' scores may be ranked. */
  readonly circumstances: string
  /** Images that were scored. */
  readonly images: number | undefined
}

/** What the table shows of `run`. */
export function attemptRow(reader: Reader, run: RunRow, now = Date.now()): AttemptRow {
  const summaries = reader.summaries(run.id)
  const facts = reader.environment(run.id)
  const last = (metric: string) => summaries.get(metric)?.last ?? undefined
  const [trained, total] = [numberIn(facts, 'model.trained'), numberIn(facts, 'model.total')]
  return {
    run,
    method: methodOf(reader.config(run.id)),
    trained,
    share: trained !== undefined && total !== undefined ? trained / total : undefined,
    cider: last('val/cider'),
    clipscore: last('val/clipscore'),
    epoch: last('val/epoch'),
    lastLoss: last('train/loss'),
    seconds: run.started === null ? undefined : ((run.ended ?? now) - run.started) / 1000,
    captionsPerSecond: last('train/captions_per_second'),
    circumstances: circumstancesOf(facts),
    images: numberIn(facts, 'score.val.images'),
  }
}

/** The run's PEFT type with its knobs. */
export function methodOf(config: Readonly<Record<string, unknown>>): string {
  const option = (key: string) => String(config[`peft.${key}`])
  switch (config['peft.type']) {
    case 'lora':
      return `lora rank ${option('rank')}, alpha ${option('alpha')}, ${(config['peft.targets'] as string[]).join(' ')}`
    case 'adapter':
      return `adapter ${option('bottleneck')}, ${option('placement')}`
    case 'prefix':
      return `prefix ${option('length')}${config['peft.reparametrise'] === 0 ? '' : `, reparametrised ${option('reparametrise')}`}`
    case 'none':
      return 'none'
    default:
      return ''
  }
}

function circumstancesOf(facts: Readonly<Record<string, string>>): string {
  const entries = Object.entries(facts).filter(([key]) => key.startsWith('score.val.'))
  return entries
    .map(([key, value]) => `${key.slice('score.val.'.length)}=${value}`)
    .sort()
    .join('; ')
}

function numberIn(facts: Readonly<Record<string, string>>, key: string): number | undefined {
  const value = Number(facts[key] ?? NaN)
  return Number.isFinite(value) ? value : undefined
}
