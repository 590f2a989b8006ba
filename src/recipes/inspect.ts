// What is in a weights file, whatever its format: its entries, the models that they are of, all that is known of those and where from,
// and how the file differs from them.
import { messageOf, UserError } from '../base/errors.ts'
import { sizeOf } from '../base/nd-array.ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint, CheckpointFormat, EntrySpec } from '../checkpoint/checkpoint.ts'
import { openCheckpoint } from '../checkpoint/open.ts'
import { factText, type Facts } from '../models/facts.ts'
import { misfitsOf, modelsIn, type Described } from '../models/pretrained.ts'
import type { Misfits } from '../models/published-entries.ts'
import { publishedName, requireWhole } from './weights.ts'

export interface Inspection {
  readonly path: string
  readonly format: CheckpointFormat
  /** The published file that this is to the last byte, or null. */
  readonly published: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly entries: readonly ({ readonly name: string } & EntrySpec)[]
  /** Numbers in all entries, tied ones counted once. */
  readonly values: number
  /** None where the entries are of no known model, two in a captioner's checkpoint. */
  readonly models: readonly InspectedModel[]
  readonly warnings: readonly string[]
  /** Why a model that was recognised cannot be sized, or why the file is not what its name says. */
  readonly problem: string | null
}

export interface InspectedModel extends Misfits {
  readonly family: Described['family']
  readonly shape: Described['shape']
  readonly parameters: number
  /** What shapes do not tell, and where it was found. */
  readonly facts: readonly { readonly fact: string; readonly value: string; readonly from: string }[]
}

/** Reads what describes the tensors of a file and none of their values. Throws CheckpointError where the file cannot be used at all. */
export async function inspect(path: string): Promise<Inspection> {
  const file = await opened(path)
  const entries = file.names.map((name) => ({ name, ...file.spec(name) }))
  const values = entries.reduce((sum, { shape, tied }) => (tied === undefined ? sum + sizeOf(shape) : sum), 0)
  const { format, metadata } = file
  const contents = { path, format, published: (await publishedName(path)) ?? null, metadata, entries, values }
  try {
    const models = modelsIn(file)
    const warnings = [...(await requireWhole(path)), ...models.flatMap((model) => model.warnings)]
    return { ...contents, models: models.map((model) => inspected(file, model)), warnings, problem: null }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { ...contents, models: [], warnings: [], problem: messageOf(error) }
  }
}

/** A file that cannot be opened may be a published one that was not downloaded to its end: that is the better sentence. */
async function opened(path: string): Promise<Checkpoint> {
  try {
    return openCheckpoint(path)
  } catch (error) {
    if (error instanceof CheckpointError && !error.message.includes('is missing')) await requireWhole(path)
    throw error
  }
}

function inspected(file: Checkpoint, model: Described): InspectedModel {
  const { family, shape, specs } = model
  const parameters = specs.reduce((sum, spec) => sum + sizeOf(spec.shape), 0)
  return { family, shape, parameters, facts: factsOf(model), ...misfitsOf(file, model) }
}

const ofPictures = ['mean', 'std', 'crop_pct', 'crop', 'interpolation'] as const satisfies readonly (keyof Facts)[]
const ofTowers = ['activation', 'epsilon', 'image_heads'] as const satisfies readonly (keyof Facts)[]

function factsOf(model: Described): InspectedModel['facts'] {
  if (model.family === 'gpt2') {
    const { heads, epsilon } = model.shape
    const from = epsilon === undefined ? 'as usual' : 'config.json'
    return [
      { fact: 'heads', value: String(heads), from: model.headsFrom },
      { fact: 'epsilon', value: String(epsilon ?? 1e-5), from },
    ]
  }
  const { facts, origins } = model.settled
  const shown = [...ofPictures, ...ofTowers, ...(model.family === 'clip' ? (['text_heads'] as const) : [])]
  return [
    { fact: 'layout', value: model.label, from: 'its entries' },
    { fact: 'size', value: String(model.preprocessing.size), from: 'its shapes' },
    ...shown.map((fact) => ({ fact, value: factText(facts[fact]), from: origins[fact] })),
  ]
}
