// GPT-2 files as people have them: the published ones, the course's decoder, and what others saved from either, with any prefix before the
// names, with mask buffers, with or without the tied head, and with linear maps as Conv1D [inputs, outputs] or Linear [outputs, inputs].
import type { NamedArrays } from '../base/nd-array.ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { declared } from '../nn/scope.ts'
import type { ParameterSpec } from '../nn/scope.ts'
import type { DecoderShape } from '../nn/transformer.ts'
import { gpt2 } from './gpt2.ts'
import { countLayers, headsOf, readPublished, requireShape, toPublished } from './published-entries.ts'
import type { Expected, Published } from './published-entries.ts'

export interface PretrainedGpt2 {
  readonly family: 'gpt2'
  readonly shape: DecoderShape
  /** Under the names that `gpt2` asks for. */
  readonly weights: NamedArrays
}

/** Whether the file's entries are a GPT-2's. */
export function looksLikeGpt2(file: Checkpoint): boolean {
  return tokenTable(file) !== undefined
}

/** Reads and checks a GPT-2 file; its sizes come from the shapes, its heads from `captune.heads` or a head width of 64. */
export function readGpt2(file: Checkpoint): PretrainedGpt2 {
  const { shape, specs, published } = expectedGpt2(file)
  const weights = readPublished(file, specs, published)
  requireTiedHead(file, weights, published.nameOf('wte.weight'))
  return { family: 'gpt2', shape, weights }
}

/** What a GPT-2 of this file's sizes has, in this file's names. Throws CheckpointError where the sizes cannot be told. */
export function expectedGpt2(file: Checkpoint): Expected<DecoderShape> {
  const naming = namingOf(file)
  const { nameOf } = publishedAs(naming)
  const [vocabulary, width] = requireShape(file, nameOf('wte.weight'), [-1, -1]) as [number, number]
  const [positions] = requireShape(file, nameOf('wpe.weight'), [-1, width]) as [number]
  const layers = countLayers(file, `${naming.prefix}h.`)
  const shape = { layers, heads: headsOf(file, 'captune.heads', width), width, vocabulary, positions }
  const outputsFirst = ['attn.c_attn', 'mlp.c_fc'].every((map) => {
    const name = nameOf(`h.0.${map}.weight`)
    return file.names.includes(name) && file.spec(name).shape[1] === width && file.spec(name).shape[0] !== width
  })
  return { shape, specs: parametersOf(shape), published: publishedAs({ ...naming, outputsFirst }) }
}

/** Arrays and metadata of a file in the published layout. */
export function gpt2Entries({ shape, weights }: PretrainedGpt2): { arrays: NamedArrays; metadata: Record<string, string> } {
  return {
    arrays: toPublished(weights, parametersOf(shape), publishedAs(plainNaming)),
    metadata: { 'captune.heads': String(shape.heads) },
  }
}

const parametersOf = (shape: DecoderShape) => declared((scope) => gpt2(scope, shape))

interface Naming {
  /** Before every name: ``, `transformer.`, `module.transformer.`, `decoder.transformer.`, ... */
  readonly prefix: string
  /** Whether the file says `ln_1.g`, `c_fc.w`, `c_fc.b`, as the original TensorFlow weights did. */
  readonly letters: boolean
  /** Whether linear maps are [outputs, inputs]. */
  readonly outputsFirst: boolean
}

const plainNaming: Naming = { prefix: '', letters: false, outputsFirst: false }

/** The shortest entry that names a token table: a file may have more than one decoder in it. */
function tokenTable({ names }: Checkpoint): string | undefined {
  return names
    .filter((name) => /(^|\.)wte\.weight$/.test(name))
    .toSorted((a, b) => a.length - b.length)
    .at(0)
}

function namingOf(file: Checkpoint): Naming {
  const table = tokenTable(file)!
  const prefix = table.replace(/wte\.weight$/, '')
  return { prefix, letters: file.names.includes(`${prefix}h.0.ln_1.g`), outputsFirst: false }
}

function publishedAs({ prefix, letters, outputsFirst }: Naming): Published {
  const model = prefix.replace(/transformer\.$/, '') // what holds the transformer and its head
  return {
    nameOf: (parameter) => prefix + (letters ? lettered(parameter) : parameter),
    layoutOf: ({ name, shape: [inputs, outputs] }: ParameterSpec) =>
      outputsFirst && /\.(c_attn|c_fc|c_proj)\.weight$/.test(name) ? { published: [outputs!, inputs!] } : 'same',
    ignored: (entry) =>
      !entry.startsWith(model) || headNames(prefix).includes(entry) || /\.attn\.(bias|masked_bias)$/.test(entry),
  }
}

function lettered(parameter: string): string {
  if (/^w[tp]e\./.test(parameter)) return parameter
  return parameter
    .replace(/(ln_\w+)\.weight$/, '$1.g')
    .replace(/\.weight$/, '.w')
    .replace(/\.bias$/, '.b')
}

function headNames(prefix: string): readonly string[] {
  const model = prefix.replace(/transformer\.$/, '')
  return [`${model}lm_head.weight`, `${model}lm_head.decoder.weight`]
}

// Our output head is the token table; a file with another head would silently predict nonsense.
function requireTiedHead(file: Checkpoint, weights: NamedArrays, tableName: string): void {
  const name = headNames(tableName.replace(/wte.*$/, '')).find((each) => file.names.includes(each))
  if (name === undefined) return
  const table = weights['wte.weight']!
  requireShape(file, name, table.shape)
  if (file.spec(name).tied === tableName || file.spec(tableName).tied === name) return
  const head = file.read(name).data
  if (head.some((value, i) => value !== table.data[i]))
    throw new CheckpointError(
      `${file.path}: \`${name}\` differs from \`${tableName}\`; a head tied to the token table is needed.`,
    )
}
