// CLIP files in OpenAI's names. Published linear maps and the patch convolution are [outputs, inputs...]; `proj` and `text_projection`
// are [inputs, outputs] as ours.
import type { NamedArrays } from '../base/nd-array.ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { activations } from '../nn/activation.ts'
import type { Activation } from '../nn/activation.ts'
import { declared } from '../nn/scope.ts'
import type { ParameterSpec } from '../nn/scope.ts'
import { clip } from './clip.ts'
import type { ClipShape } from './clip.ts'
import { countLayers, headsOf, readPublished, requireShape, toPublished } from './published-entries.ts'
import type { Expected, Published } from './published-entries.ts'

/** How pixels become a model's input: bicubic to `size` on the short side, the centre cropped, colours normalised. */
export interface Preprocessing {
  /** Side of the square input in pixels. */
  readonly size: number
  /** Of red, green, blue in [0, 1]. */
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
}

export interface PretrainedClip {
  readonly family: 'clip'
  readonly shape: ClipShape
  /** Under the names that `clip` asks for. */
  readonly weights: NamedArrays
  readonly preprocessing: Preprocessing
}

/** Colour statistics of the published CLIP models. */
export const clipColours = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const satisfies Pick<Preprocessing, 'mean' | 'std'>

/** Whether the file's entries are a CLIP's in OpenAI's names. */
export function looksLikeClip(file: Checkpoint): boolean {
  return file.names.includes('visual.conv1.weight')
}

/**
 * Reads and checks a CLIP file; its sizes come from the shapes. Heads are 64 wide, the activation QuickGELU, epsilon 1e-5 and the colours
 * CLIP's, unless the metadata (`captune.image_heads`, `captune.text_heads`, `captune.activation`, `captune.epsilon`, `captune.mean`,
 * `captune.std`) says otherwise.
 */
export function readClip(file: Checkpoint): PretrainedClip {
  const { shape, specs } = expectedClip(file)
  return {
    family: 'clip',
    shape,
    weights: readPublished(file, specs, published),
    preprocessing: {
      size: shape.image.size,
      mean: colours(file, 'captune.mean', clipColours.mean),
      std: colours(file, 'captune.std', clipColours.std),
    },
  }
}

/** What a CLIP of this file's sizes has. Throws CheckpointError where the sizes cannot be told. */
export function expectedClip(file: Checkpoint): Expected<ClipShape> {
  const shape = clipShape(file)
  return { shape, specs: parametersOf(shape), published }
}

function clipShape(file: Checkpoint): ClipShape {
  const [width, , patch] = requireShape(file, 'visual.conv1.weight', [-1, 3, -1, -1]) as [number, number, number]
  const [tokens] = requireShape(file, 'visual.positional_embedding', [-1, width]) as [number]
  const [, embedding] = requireShape(file, 'visual.proj', [width, -1]) as [number, number]
  const [vocabulary, textWidth] = requireShape(file, 'token_embedding.weight', [-1, -1]) as [number, number]
  const [context] = requireShape(file, 'positional_embedding', [-1, textWidth]) as [number]
  const grid = Math.sqrt(tokens - 1)
  if (!Number.isInteger(grid) || grid === 0)
    throw new CheckpointError(
      `${file.path}: \`visual.positional_embedding\` has ${tokens} rows; one more than a square is needed.`,
    )
  const rules = { activation: activationOf(file), epsilon: epsilonOf(file), embedding }
  return {
    image: { ...rules, ...towerOf(file, 'visual.transformer', 'captune.image_heads', width), size: grid * patch, patch },
    text: { ...rules, ...towerOf(file, 'transformer', 'captune.text_heads', textWidth), context, vocabulary },
  }
}

function towerOf(
  file: Checkpoint,
  name: string,
  headsKey: string,
  width: number,
): { width: number; layers: number; heads: number } {
  return { width, layers: countLayers(file, `${name}.resblocks.`), heads: headsOf(file, headsKey, width) }
}

function activationOf(file: Checkpoint): Activation {
  const name = file.metadata['captune.activation'] ?? 'quick_gelu'
  if (!Object.hasOwn(activations, name))
    throw new CheckpointError(
      `${file.path}: metadata \`captune.activation\` is "${name}"; one of ${Object.keys(activations).join(', ')} is needed.`,
    )
  return name as Activation
}

function epsilonOf(file: Checkpoint): number {
  const text = file.metadata['captune.epsilon'] ?? '1e-5'
  const epsilon = Number(text)
  if (!(epsilon > 0 && epsilon < 1))
    throw new CheckpointError(`${file.path}: metadata \`captune.epsilon\` is "${text}"; a number such as 1e-5 is needed.`)
  return epsilon
}

function colours(file: Checkpoint, key: string, otherwise: Preprocessing['mean']): Preprocessing['mean'] {
  const text = file.metadata[key]
  if (text === undefined) return otherwise
  const values = text.split(',').map(Number)
  if (values.length !== 3 || !values.every(Number.isFinite))
    throw new CheckpointError(`${file.path}: metadata \`${key}\` is "${text}"; three numbers such as 0.5,0.5,0.5 are needed.`)
  return values as [number, number, number]
}

/** Arrays and metadata of a file in the published layout. */
export function clipEntries({ shape, weights, preprocessing }: PretrainedClip): {
  arrays: NamedArrays
  metadata: Record<string, string>
} {
  return {
    arrays: toPublished(weights, parametersOf(shape), published),
    metadata: {
      'captune.image_heads': String(shape.image.heads),
      'captune.text_heads': String(shape.text.heads),
      'captune.activation': shape.image.activation,
      'captune.epsilon': String(shape.image.epsilon),
      'captune.mean': preprocessing.mean.join(),
      'captune.std': preprocessing.std.join(),
    },
  }
}

const parametersOf = (shape: ClipShape) => declared((scope) => clip(scope, shape))

const published: Published = {
  nameOf: (parameter) => parameter,
  layoutOf: ({ name, shape: [inputs, outputs] }: ParameterSpec) => {
    if (name === 'visual.conv1.weight') return { published: [outputs!, 3, Math.sqrt(inputs! / 3), Math.sqrt(inputs! / 3)] }
    return /(in_proj_weight|(out_proj|c_fc|c_proj)\.weight)$/.test(name) ? { published: [outputs!, inputs!] } : 'same'
  },
  // Three sizes that OpenAI's files have as buffers, and the causal mask that each block of a TorchScript archive carries.
  ignored: (entry) => /^(visual\.)?(input_resolution|context_length|vocab_size)$|\.attn_mask$/.test(entry),
}
