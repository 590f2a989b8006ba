// GPT-2 files as people have them: the published ones, the course's decoder, and what others saved from either, with any prefix before the
// names, with mask buffers, with or without the tied head, and with linear maps as Conv1D [inputs, outputs] or Linear [outputs, inputs].
import type { NamedArrays } from '../base/nd-array.ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { declared } from '../nn/scope.ts'
import type { ParameterSpec } from '../nn/scope.ts'
import type { DecoderShape } from '../nn/transformer.ts'
import { gpt2 } from './gpt2.ts'
import { configBeside } from './config-beside.ts'
import type { ConfigBeside } from './config-beside.ts'
import { countLayers, onlyEntry, requireHeads, requireShape, toPublished, wholeNumber } from './published-entries.ts'
import type { Expected, Published } from './published-entries.ts'

export interface PretrainedGpt2 {
  readonly family: 'gpt2'
  readonly shape: DecoderShape
  /** Under the names that `gpt2` asks for. */
  readonly weights: NamedArrays
  /** What a user should know of how the file was understood, a sentence each. */
  readonly warnings: readonly string[]
}

export interface DescribedGpt2 extends Expected<DecoderShape> {
  readonly family: 'gpt2'
  /** Where the number of heads was found. */
  readonly headsFrom: string
  /** What `config.json` changes in what the file computes; empty for nothing. */
  readonly beyond: string
  readonly warnings: readonly string[]
}

/** Whether the file's entries are a GPT-2's. */
export function looksLikeGpt2(file: Checkpoint): boolean {
  return tokenTable(file) !== undefined
}

/**
 * The GPT-2 of this file's sizes, in this file's names. Its heads are as the metadata (`captune.heads`) or `config.json` say, else 64
 * wide. Throws CheckpointError where the sizes cannot be told, or where the config asks for what GPT-2 does not compute.
 */
export function describeGpt2(file: Checkpoint): DescribedGpt2 {
  const naming = namingOf(file)
  const entry = (parameter: string) => onlyEntry(publishedAs(naming), parameter)
  const [vocabulary, width] = requireShape(file, entry('wte.weight'), [-1, -1]) as [number, number]
  const [positions] = requireShape(file, entry('wpe.weight'), [-1, width]) as [number]
  const layers = countLayers(file, `${naming.prefix}h.`)
  const { config, warnings } = configOf(file, { width, layers })
  const { heads, from } = headsOf(file, config, width)
  requireHeads(file, heads, width, from)
  const epsilon = config?.number('layer_norm_epsilon') ?? 1e-5
  const shape = { layers, heads, width, vocabulary, positions, ...(epsilon === 1e-5 ? {} : { epsilon }) }
  const outputsFirst = ['attn.c_attn', 'mlp.c_fc'].every((map) => {
    const name = entry(`h.0.${map}.weight`)
    return file.names.includes(name) && file.spec(name).shape[1] === width && file.spec(name).shape[0] !== width
  })
  return {
    family: 'gpt2',
    shape,
    specs: parametersOf(shape),
    published: publishedAs({ ...naming, outputsFirst }),
    headsFrom: from,
    beyond: beyond(file, shape),
    warnings: [...warnings, ...crossAttention(file, naming)],
  }
}

function beyond(file: Checkpoint, { heads, width, epsilon }: DecoderShape): string {
  const alone = headsOf(file, undefined, width).heads
  return [...(heads === alone ? [] : [`heads ${heads}`]), ...(epsilon === undefined ? [] : [`epsilon ${epsilon}`])].join(', ')
}

function headsOf(file: Checkpoint, config: ConfigBeside | undefined, width: number): { heads: number; from: string } {
  const own = wholeNumber(file, 'captune.heads')
  if (own !== undefined) return { heads: own, from: 'metadata `captune.heads`' }
  const told = config?.number('n_head')
  if (told !== undefined) return { heads: told, from: '`n_head` in config.json' }
  return { heads: Math.max(1, Math.floor(width / 64)), from: '64 wide, as in all published ones' }
}

/** `config.json` where it is of this GPT-2: all of it or, of a captioner, its part `decoder`. */
function configOf(
  file: Checkpoint,
  sizes: { width: number; layers: number },
): { config?: ConfigBeside; warnings: readonly string[] } {
  const whole = configBeside(file.path, 'config.json')
  const config = whole?.has('decoder') === true ? configBeside(file.path, 'config.json', 'decoder') : whole
  if (config?.text('model_type') !== 'gpt2') return { warnings: [] }
  if ((config.number('n_embd') ?? 768) !== sizes.width || (config.number('n_layer') ?? 12) !== sizes.layers)
    return { warnings: [`${config.path}: it describes another model than ${file.path}; it is not used.`] }
  refuseVariants(config, sizes.width)
  return { config, warnings: [] }
}

const tanhGelu = ['gelu_new', 'gelu_pytorch_tanh', 'gelu_fast'] // one function under three names

function refuseVariants(config: ConfigBeside, width: number): void {
  const activation = config.text('activation_function') ?? 'gelu_new'
  const inner = config.number('n_inner') ?? 4 * width
  const refused = [
    [!tanhGelu.includes(activation), `\`activation_function\` is "${activation}"; gelu_new`],
    [inner !== 4 * width, `\`n_inner\` is ${inner}; ${4 * width}, four times the width,`],
    [config.flag('scale_attn_by_inverse_layer_idx') === true, '`scale_attn_by_inverse_layer_idx` is true; false'],
    [config.flag('scale_attn_weights') === false, '`scale_attn_weights` is false; true'],
  ] as const
  const found = refused.find(([is]) => is)
  if (found) throw new CheckpointError(`${config.path}: ${found[1]} is needed, as in every published GPT-2.`)
}

/** The cross-attention that a captioner's decoder was trained with: ours is another, trained anew. */
function crossAttention({ path, names }: Checkpoint, { prefix }: Naming): string[] {
  const theirs = names.filter((name) => name.startsWith(prefix) && isCrossAttention(name))
  if (theirs.length === 0) return []
  return [
    `${path}: its trained cross-attention (\`${theirs[0]!}\` and ${theirs.length - 1} more) is left aside; the decoder alone is read.`,
  ]
}

const isCrossAttention = (entry: string): boolean =>
  /\.h\.\d+\.(crossattention|ln_cross_attn)\.|^h\.\d+\.(crossattention|ln_cross_attn)\./.test(entry)

/** Arrays and metadata of a file in the published layout. */
export function gpt2Entries({ shape, weights }: Pick<PretrainedGpt2, 'shape' | 'weights'>): {
  arrays: NamedArrays
  metadata: Record<string, string>
} {
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
    entriesOf: (parameter) => [prefix + (letters ? lettered(parameter) : parameter)],
    layoutOf: ({ name, shape: [inputs, outputs] }: ParameterSpec) =>
      outputsFirst && /\.(c_attn|c_fc|c_proj)\.weight$/.test(name) ? { transposed: [outputs!, inputs!] } : 'same',
    ignored: (entry) =>
      !entry.startsWith(model) ||
      headNames(prefix).includes(entry) ||
      /\.attn\.(bias|masked_bias)$/.test(entry) ||
      isCrossAttention(entry),
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

/** Our output head is the token table: CheckpointError where the file has another head, which would silently predict nonsense. */
export function requireTiedHead(file: Checkpoint, { published }: DescribedGpt2, weights: NamedArrays): void {
  const tableName = onlyEntry(published, 'wte.weight')
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
