// GPT-2 files as published: with or without the prefix `transformer.`, with mask buffers, with or without the tied `lm_head.weight`.
import type { NamedArrays } from '../base/nd-array.ts'
import { CheckpointError } from '../checkpoint/safetensors.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { declared } from '../nn/scope.ts'
import type { DecoderShape } from '../nn/transformer.ts'
import { gpt2 } from './gpt2.ts'
import { countLayers, headsOf, readPublished, requireShape, toPublished } from './published-entries.ts'
import type { Published } from './published-entries.ts'

export interface PretrainedGpt2 {
  readonly family: 'gpt2'
  readonly shape: DecoderShape
  /** Under the names that `gpt2` asks for. */
  readonly weights: NamedArrays
}

/** Whether the file's entries are a GPT-2's. */
export function looksLikeGpt2(file: Checkpoint): boolean {
  return file.names.some((name) => /^(transformer\.)?wte\.weight$/.test(name))
}

/** Reads and checks a GPT-2 file; its sizes come from the shapes, its heads from `captune.heads` or a head width of 64. */
export function readGpt2(file: Checkpoint): PretrainedGpt2 {
  const prefix = file.names.includes('transformer.wte.weight') ? 'transformer.' : ''
  const [vocabulary, width] = requireShape(file, `${prefix}wte.weight`, [-1, -1]) as [number, number]
  const [positions] = requireShape(file, `${prefix}wpe.weight`, [-1, width]) as [number]
  const layers = countLayers(file, `${prefix}h.`)
  const shape = { layers, heads: headsOf(file, 'captune.heads', width), width, vocabulary, positions }
  const weights = readPublished(file, parametersOf(shape), published(prefix))
  requireTiedHead(file, weights)
  return { family: 'gpt2', shape, weights }
}

/** Arrays and metadata of a file in the published layout. */
export function gpt2Entries({ shape, weights }: PretrainedGpt2): { arrays: NamedArrays; metadata: Record<string, string> } {
  return { arrays: toPublished(weights, parametersOf(shape), published('')), metadata: { 'captune.heads': String(shape.heads) } }
}

const parametersOf = (shape: DecoderShape) => declared((scope) => gpt2(scope, shape))

const published = (prefix: string): Published => ({
  nameOf: (parameter) => prefix + parameter,
  layoutOf: () => 'same', // Conv1D weights are [inputs, outputs]
  ignored: (entry) => entry === 'lm_head.weight' || /\.attn\.(bias|masked_bias)$/.test(entry),
})

// Our output head is the token table; a file with another head would silently predict nonsense.
function requireTiedHead(file: Checkpoint, weights: NamedArrays): void {
  if (!file.names.includes('lm_head.weight')) return
  const table = weights['wte.weight']!
  requireShape(file, 'lm_head.weight', table.shape)
  const head = file.read('lm_head.weight').data
  if (head.some((value, i) => value !== table.data[i]))
    throw new CheckpointError(
      `${file.path}: \`lm_head.weight\` differs from \`wte.weight\`; a head tied to the token table is needed.`,
    )
}
