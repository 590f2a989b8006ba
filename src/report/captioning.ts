// Sections 2.1 and 2.2: the best setting, the attempts of PEFT, how they learned and what they cost.
import { fixed, percent, thousands } from '../tables/format.ts'
import type { Table } from '../tables/table.ts'
import { attemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import { attemptsOf, spreadOf, type Attempt } from './attempts.ts'
import { subjectTable } from './attempt-tables.ts'
import { rootOf, type Chosen } from './choose.ts'
import type { ContentsOptions, Missing, Part, QuotedTable, TableName } from './parts.ts'
import { studiesOn, trainedLimit, wanted } from './course.ts'
import type { Cost } from './figures/cost-scatter.ts'
import { smoothed, type Curve } from './figures/learning-curves.ts'

export function captioningPart({ reader, chosen, settings: { published = false } }: ContentsOptions): Part {
  const shown = attemptsOf(
    reader,
    [...Object.values(chosen.attempts), ...chosen.otherSeeds].map((id) => reader.run(id)!),
  )
  const decoded = attemptsOf(reader, chosen.decoding.map((id) => reader.run(id)!)) // prettier-ignore
  const tables: [TableName, QuotedTable][] = []
  if (chosen.best !== undefined)
    tables.push(['best', { section: '2.1', title: 'The best setting', table: settingTable(reader, chosen.best) }])
  if (shown.length > 0)
    tables.push([
      'attempts',
      { section: '2.2', title: 'Attempts of PEFT', table: subjectTable('attempts', shown, { published }) },
    ])
  if (decoded.length > 0)
    tables.push(['decoding', { section: '2.2', title: 'Decoded in other ways', table: subjectTable('decoding', decoded) }])
  const own = new Set(Object.values(chosen.attempts))
  const trained = shown.flatMap((attempt) => {
    const run = attempt.rows.find((row) => own.has(row.run.id))?.run.id
    return run === undefined ? [] : [{ name: nameAmong(shown, attempt), run }]
  })
  const curves = (metric: string, most?: number) => trained.map((one) => curveOf(reader, one, metric, most)).filter(hasPoints)
  return {
    tables,
    missing: missingAttempts(chosen, studiesOn(rootOf(reader, chosen)).attempts),
    measuredOn: chosen.best === undefined ? '' : groundOf(reader, chosen.best),
    loss: curves('train/loss'),
    scores: curves('subset/cider', Infinity),
    lastStep: Math.max(0, ...trained.map(({ run }) => reader.summaries(run).get('train/loss')?.last_step ?? 0)),
    costs: shown.flatMap((attempt) => costOf(attempt, nameAmong(shown, attempt))),
  }
}

function missingAttempts({ best, attempts }: Chosen, remedy: string): Missing[] {
  const types = Object.keys(attempts).filter((type) => type !== 'none')
  if (best === undefined) return [{ section: '2.1', what: 'a finished run with its scores', remedy }]
  if (types.length >= wanted.attempts) return []
  const found = types.length === 0 ? 'none is' : `only ${types.join(' and ')} ${types.length === 1 ? 'is' : 'are'}`
  return [{ section: '2.2', what: `${wanted.attempts} finished attempts of PEFT; ${found} there`, remedy }]
}

function groundOf(reader: Reader, id: string): string {
  const { images } = attemptRow(reader, reader.run(id)!)
  const root = String(reader.config(id)['data.root'] ?? 'unknown data')
  return `All captions were scored on the ${thousands(images)} validation images of ${root}.`
}

/** As it is called in every figure; its study too where another attempt has the same name. */
function nameAmong(all: readonly Attempt[], { study, attempt }: Attempt): string {
  return all.filter((other) => other.attempt === attempt).length > 1 ? `${study}/${attempt}` : attempt
}

function curveOf(reader: Reader, { name, run }: { name: string; run: string }, metric: string, most?: number): Curve {
  const { steps, values } = reader.series(run, metric)
  return { name, points: smoothed(steps, values, most) }
}

const hasPoints = ({ points }: Curve) => points.length > 0

function costOf(attempt: Attempt, name: string): Cost[] {
  const [trained, cider] = [spreadOf(attempt, 'trained')?.mean, spreadOf(attempt, 'cider')?.mean]
  return trained === undefined || cider === undefined ? [] : [{ name, trained, score: cider }]
}

/** What was decided for a run, and how it scored. */
function settingTable(reader: Reader, id: string): Table {
  const run = reader.run(id)!
  const row = attemptRow(reader, run)
  const learned = run.kind === 'decode' && run.parent !== null ? reader.run(run.parent) : undefined
  const trainedRow = learned === undefined ? row : attemptRow(reader, learned)
  const config = { ...(learned && reader.config(learned.id)), ...reader.config(id) }
  const option = (key: string) => (config[key] === undefined ? undefined : String(config[key]))
  const facts = reader.environment(id)
  const lines: (readonly [string, string | undefined])[] = [
    ['run', id],
    ['PEFT', trainedRow.method],
    ['encoder', option('encoder.weights')],
    ['decoder', option('decoder.weights')],
    ['cross-attention', crossAttention(option)],
    ['trained parameters', trainedText(trainedRow.trained, trainedRow.share)],
    ['training', training(option)],
    ['optimizer', optimizer(option)],
    ['best epoch', fixed(trainedRow.epoch, 0)],
    ['decoding', facts['score.val.decoding']],
    ['judge of CLIPScore', option('evaluate.clip.weights')],
    ['CIDEr', fixed(row.cider, 4)],
    ['CLIPScore', fixed(row.clipscore, 4)],
    ['BLEU-4', fixed(reader.summaries(id).get('val/bleu4')?.last ?? undefined, 4)],
    ['ROUGE-L', fixed(reader.summaries(id).get('val/rougeL')?.last ?? undefined, 4)],
  ]
  return {
    columns: [{ title: 'setting' }, { title: 'value' }],
    rows: lines.flatMap(([key, text]) => (text === undefined || text === '' ? [] : [[{ text: key }, { text }]])),
  }
}

type Option = (key: string) => string | undefined

function crossAttention(option: Option): string | undefined {
  const [layers, width, gate] = ['layers', 'width', 'gate'].map((key) => option(`cross_attention.${key}`))
  if (layers === undefined) return undefined
  const which = layers === 'all' ? 'all layers' : `layers ${layers}`
  return `${which}, width ${width}${gate === 'true' ? ', gated' : ''}`
}

function training(option: Option): string | undefined {
  const [epochs, images, captions] = ['epochs', 'images', 'captions'].map((key) => option(`train.${key}`))
  if (epochs === undefined) return undefined
  return `at most ${epochs} epochs, ${images} images x ${captions} captions a step, seed ${option('seed')}`
}

function optimizer(option: Option): string | undefined {
  const [rate, warmup, decay] = ['lr', 'warmup', 'decay'].map((key) => option(`train.${key}`))
  return rate === undefined ? undefined : `AdamW, learning rate ${rate}, ${warmup} steps of warm-up, decay ${decay}`
}

function trainedText(trained: number | undefined, share: number | undefined): string | undefined {
  if (trained === undefined) return undefined
  return `${thousands(trained)}, ${percent(share)} of all; ${percent(trained / trainedLimit)} of the ${thousands(trainedLimit)} allowed`
}
