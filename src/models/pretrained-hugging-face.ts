// CLIP files in Hugging Face's names, with both towers or the image tower alone, and with any prefix. Queries, keys and values are three
// maps; all maps, the two projections included, are [outputs, inputs].
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { Activation } from '../nn/activation.ts'
import type { ParameterSpec } from '../nn/scope.ts'
import { configBeside } from './config-beside.ts'
import type { ConfigBeside } from './config-beside.ts'
import type { Source, Told } from './facts.ts'
import { blockEntries, convolutionShape, isBlockMap, prefixBefore } from './layout-names.ts'
import type { Background, EncoderLayout, ImageSizes } from './pretrained-encoder.ts'
import { clipNameIn } from './published-names.ts'

/** The layout, for a file that has it. */
export function huggingFaceLayout(file: Checkpoint): EncoderLayout | undefined {
  const vision = prefixBefore(file.names, 'embeddings.patch_embedding.weight') // `vision_model.`, or nothing where that was saved alone
  if (vision === undefined) return undefined
  if (!file.names.includes(`${vision}embeddings.class_embedding`))
    throw new CheckpointError(
      `${file.path}: this image tower has no class token (\`${vision}embeddings.class_embedding\`), as a SigLIP has none; a CLIP's is needed.`,
    )
  const root = vision.replace(/vision_model\.$/, '')
  return {
    label: "Hugging Face's CLIP",
    projectionsTurned: true,
    entriesOf: (parameter) => entriesOf(parameter, { vision, root }),
    layoutOf: ({ name, shape }: ParameterSpec) => {
      if (name === 'visual.conv1.weight') return { transposed: convolutionShape(shape) }
      return isBlockMap(name) || /(visual\.proj|text_projection)$/.test(name) ? { transposed: shape.toReversed() } : 'same'
    },
    ignored: (entry) => !entry.startsWith(root) || entry.endsWith('embeddings.position_ids'),
    background: (image) => background(file, image),
  }
}

const block = {
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  in_proj: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
  out_proj: 'self_attn.out_proj',
  c_fc: 'mlp.fc1',
  c_proj: 'mlp.fc2',
} as const

function entriesOf(parameter: string, { vision, root }: Record<'vision' | 'root', string>): readonly string[] {
  const text = `${root}text_model.`
  const tower = parameter.startsWith('visual.') ? vision : text
  if (parameter.includes('resblocks.')) return blockEntries(parameter, `${tower}encoder.layers.`, block)
  const name = parameter
    .replace(/^visual\.(class_embedding)$/, `${vision}embeddings.$1`)
    .replace(/^visual\.positional_embedding$/, `${vision}embeddings.position_embedding.weight`)
    .replace(/^visual\.conv1\./, `${vision}embeddings.patch_embedding.`)
    .replace(/^visual\.ln_pre\./, `${vision}pre_layrnorm.`) // sic
    .replace(/^visual\.ln_post\./, `${vision}post_layernorm.`)
    .replace(/^visual\.proj$/, `${root}visual_projection.weight`)
    .replace(/^token_embedding\./, `${text}embeddings.token_embedding.`)
    .replace(/^positional_embedding$/, `${text}embeddings.position_embedding.weight`)
    .replace(/^ln_final\./, `${text}final_layer_norm.`)
    .replace(/^text_projection$/, `${root}text_projection.weight`)
    .replace(/^logit_scale$/, `${root}logit_scale`)
  return [name]
}

function background(file: Checkpoint, { width, size }: ImageSizes): Background {
  const config = configBeside(file.path, 'config.json')
  const told = config && modelConfig(config, width)
  const processor = configBeside(file.path, 'preprocessor_config.json')
  const prepared = processor && processorConfig(processor, size)
  const named = clipNameIn(file.path)
  const found = [
    ...(told ? [{ from: 'config.json', told, outside: true }] : []),
    ...(prepared ? [{ from: 'preprocessor_config.json', told: prepared, outside: true }] : []),
    ...(named ? [named] : []),
  ]
  const guess: Source = { from: 'assumed', told: { activation: 'quick_gelu' }, assumed: true }
  const unused = [...(config && !told ? [config.path] : []), ...(processor && !prepared ? [processor.path] : [])]
  return {
    sources: [...found, guess],
    warnings: () => [
      ...unused.map((path) => `${path}: it describes another model than ${file.path}; it is not used.`),
      ...(processor ? otherResampling(processor) : []),
    ],
    remedy: '`config.json` beside the file, or `captune.activation` in its metadata,',
  }
}

/** What `config.json` tells; what it leaves out is the library's default. Undefined where it is not of a CLIP of this width. */
function modelConfig(config: ConfigBeside, width: number): Told | undefined {
  const inside = config.has('vision_config')
  const vision = inside ? ['vision_config_dict', 'vision_config'] : ['']
  const number = (sections: readonly string[], key: string) => first(sections, (...keys) => config.number(...keys), key)
  const text = (sections: readonly string[], key: string) => first(sections, (...keys) => config.text(...keys), key)
  const type = text(vision, 'model_type') ?? config.text('model_type') ?? ''
  if (!type.includes('clip') || (number(vision, 'hidden_size') ?? 768) !== width) return undefined
  const texts = ['text_config_dict', 'text_config']
  const activation = activationNamed(config, text(vision, 'hidden_act') ?? 'quick_gelu')
  if (config.has('text_config') && activationNamed(config, text(texts, 'hidden_act') ?? 'quick_gelu') !== activation)
    throw new CheckpointError(`${config.path}: its towers have different activations; a CLIP with one activation is needed.`)
  return {
    image_heads: number(vision, 'num_attention_heads') ?? 12,
    text_heads: number(texts, 'num_attention_heads') ?? (config.has('text_config') ? 8 : undefined),
    activation,
    epsilon: number(vision, 'layer_norm_eps') ?? 1e-5,
  }
}

/** The value in the first of the sections that has it; the section '' is the root. */
function first<T>(sections: readonly string[], read: (...keys: string[]) => T | undefined, key: string): T | undefined {
  for (const section of sections) {
    const value = section === '' ? read(key) : read(section, key)
    if (value !== undefined) return value
  }
  return undefined
}

const activationNames: Readonly<Record<string, Activation>> = {
  quick_gelu: 'quick_gelu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  relu: 'relu',
}

function activationNamed(config: ConfigBeside, name: string): Activation {
  const activation = activationNames[name]
  if (activation !== undefined) return activation
  throw new CheckpointError(
    `${config.path}: the activation is "${name}"; one of ${Object.keys(activationNames).join(', ')} is needed.`,
  )
}

/** What `preprocessor_config.json` tells; undefined where it makes pictures of another size. */
function processorConfig(config: ConfigBeside, size: number): Told | undefined {
  const [resized, cropped] = [sides(config, 'size'), sides(config, 'crop_size')]
  const crops = config.flag('do_center_crop') ?? true
  const final = crops ? (cropped?.short ?? resized?.short) : resized?.short
  if (final !== undefined && final !== size) return undefined
  const colours = { mean: config.colour('image_mean'), std: config.colour('image_std') }
  if (resized === undefined) return colours
  return {
    ...colours,
    crop: resized.square ? 'squash' : 'center',
    crop_pct: crops ? shareOf(size, resized.short) : 1,
  }
}

/** A size as older files write it, one number, or as newer ones: `{shortest_edge}` or `{height, width}`. */
function sides(config: ConfigBeside, key: string): { short: number; square: boolean } | undefined {
  if (config.has(key, 'shortest_edge')) return { short: config.number(key, 'shortest_edge')!, square: false }
  if (config.has(key, 'height')) return { short: config.number(key, 'height')!, square: true }
  return config.has(key) ? { short: config.number(key)!, square: false } : undefined
}

/** The share p for which floor(size / p) is `resized`: their quotient, unless rounding takes it below. */
function shareOf(size: number, resized: number): number {
  return Math.floor(size / (size / resized)) === resized ? size / resized : size / (resized + 0.5)
}

function otherResampling(config: ConfigBeside): string[] {
  const resample = config.number('resample') ?? 3
  if (resample === 3) return []
  return [`${config.path}: \`resample\` is ${resample}; Captune resizes bicubically (3) all the same.`]
}
