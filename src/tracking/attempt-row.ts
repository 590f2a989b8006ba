// One run as a row of the table of attempts: every number beside the circumstances it was measured in.
import type { RunRow } from './run-state.ts'

export interface AttemptRow {
  readonly run: RunRow
  /** What its kind varies: `lora rank 8, alpha 16, c_attn`; `a photo of a {object}` or `18 templates`; `beam 5, length penalty 2`. */
  readonly method: string
  readonly trained: number | undefined
  /** Trained parameters over all of encoder and captioner, 0..1. */
  readonly share: number | undefined
  /** On the whole validation set, for the best epoch's checkpoint. */
  readonly cider: number | undefined
  readonly clipscore: number | undefined
  /** Of a classification: the share of images whose class is the most probable, and whose class is among the five most probable. */
  readonly accuracy: number | undefined
  readonly top5: number | undefined
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

/** What a row is made from: a reader, or facts that were read of many runs at once. */
export interface RowSource {
  summaries(run: string): ReadonlyMap<string, { readonly last: number | null }>
  environment(run: string): Readonly<Record<string, string>>
  config(run: string): Config
}

/** What the table shows of `run`. */
export function attemptRow(reader: RowSource, run: RunRow, now = Date.now()): AttemptRow {
  const summaries = reader.summaries(run.id)
  const facts = reader.environment(run.id)
  const last = (metric: string) => summaries.get(metric)?.last ?? undefined
  const [trained, total] = [numberIn(facts, 'model.trained'), numberIn(facts, 'model.total')]
  return {
    run,
    method: methodOf(run.kind, reader.config(run.id)),
    trained,
    share: trained !== undefined && total !== undefined ? trained / total : undefined,
    cider: last('val/cider'),
    clipscore: last('val/clipscore'),
    accuracy: last('val/accuracy'),
    top5: last('val/top5'),
    epoch: last('val/epoch'),
    lastLoss: last('train/loss'),
    seconds: run.started === null ? undefined : ((run.ended ?? now) - run.started) / 1000,
    captionsPerSecond: last(run.kind === 'decode' ? 'decode/captions_per_second' : 'train/captions_per_second'),
    circumstances: circumstancesOf(run, facts),
    images: numberIn(facts, 'score.val.images'),
  }
}

type Config = Readonly<Record<string, unknown>>

function methodOf(kind: string, config: Config): string {
  if (kind === 'classify') return promptsOf((config['prompts.templates'] ?? []) as string[])
  return kind === 'decode' ? decodingOf(config) : peftOf(config)
}

function promptsOf(templates: readonly string[]): string {
  return templates.length < 2 ? (templates[0] ?? '') : `${templates.length} templates`
}

/** The strategy with the knobs that are not as usual. */
function decodingOf(config: Config): string {
  const option = (key: string) => config[`decode.${key}`] as string | number | boolean | undefined
  const knobs = [
    ['length_penalty', 1, 'length penalty'],
    ['early_stopping', false, 'early stopping'],
    ['no_repeat_ngram', 0, 'no repeated n-gram of'],
    ['min_length', 0, 'at least'],
    ['temperature', 1, 'temperature'],
    ['top_k', 0, 'top-k'],
    ['top_p', 1, 'top-p'],
  ] as const
  const turned = knobs.flatMap(([key, usual, name]) => {
    const value = option(key) ?? usual
    return value === usual ? [] : [`${name} ${value}`]
  })
  const strategy = option('strategy') ?? ''
  return [strategy === 'beam' ? `beam ${option('beams')}` : strategy, ...turned].join(', ')
}

/** The run's PEFT type with its knobs. */
function peftOf(config: Config): string {
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

/** Where decoding is what is compared, it is no circumstance, and the run that is decoded is one. */
function circumstancesOf({ kind, parent }: RunRow, facts: Readonly<Record<string, string>>): string {
  const scored = Object.entries(facts).flatMap(([key, value]) =>
    key.startsWith('score.val.') ? [[key.slice('score.val.'.length), value]] : [],
  )
  const those = kind === 'decode' ? [...scored.filter(([key]) => key !== 'decoding'), ['decoded', parent ?? '']] : scored
  return those
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join('; ')
}

function numberIn(facts: Readonly<Record<string, string>>, key: string): number | undefined {
  const value = Number(facts[key] ?? NaN)
  return Number.isFinite(value) ? value : undefined
}
