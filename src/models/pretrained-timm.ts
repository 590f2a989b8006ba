// Vision transformers in timm's names, with or without CLIP's norm before the blocks; a head is left aside. All maps are
// [outputs, inputs]; class token and positions have a leading axis of one.
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { activations } from '../nn/activation.ts'
import type { Activation } from '../nn/activation.ts'
import type { ParameterSpec } from '../nn/scope.ts'
import { configBeside } from './config-beside.ts'
import type { ConfigBeside } from './config-beside.ts'
import { clipColours, plainColours } from './facts.ts'
import type { Source, Told } from './facts.ts'
import { blockEntries, convolutionShape, isBlockMap, prefixBefore } from './layout-names.ts'
import type { Background, EncoderLayout, ImageSizes } from './pretrained-encoder.ts'
import { timmName, timmNameIn } from './published-names.ts'
import type { TimmName } from './published-names.ts'

/** The layout, for a file that has it. Throws CheckpointError for the variants that compute something else. */
export function timmLayout(file: Checkpoint): EncoderLayout | undefined {
  const prefix = prefixBefore(file.names, 'patch_embed.proj.weight')
  if (prefix === undefined || !file.names.some((name) => name.startsWith(`${prefix}blocks.0.`))) return undefined
  refuseVariants(file, prefix)
  return {
    label: "timm's ViT",
    projectionsTurned: false,
    entriesOf: (parameter) => entriesOf(parameter, prefix),
    layoutOf: ({ name, shape }: ParameterSpec) => {
      if (name === 'visual.conv1.weight') return { transposed: convolutionShape(shape) }
      if (name === 'visual.class_embedding') return { reshaped: [1, 1, ...shape] }
      if (name === 'visual.positional_embedding') return { reshaped: [1, ...shape] }
      return isBlockMap(name) ? { transposed: shape.toReversed() } : 'same'
    },
    ignored: (entry) => !entry.startsWith(prefix) || entry.startsWith(`${prefix}head.`),
    background: (image) => background(file, image),
  }
}

const variants: readonly (readonly [RegExp, string])[] = [
  [/^fc_norm\./, 'norms the mean of its tokens and not the tokens (`fc_norm`)'],
  [/^attn_pool\./, 'pools its tokens by attention (`attn_pool`)'],
  [/^(reg_token|register_tokens)$/, 'has register tokens'],
  [/^dist_token$/, 'has a distillation token'],
  [/^patch_embed\.backbone\./, 'looks through a convolutional network first'],
  [/^blocks\.0\.ls1\.gamma$/, 'scales the outputs of its layers (`ls1`)'],
  [/^blocks\.0\.attn\.[qk]_norm\./, 'norms queries and keys'],
]

function refuseVariants({ path, names }: Checkpoint, prefix: string): void {
  const own = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  const variant = variants.find(([pattern]) => own.some((name) => pattern.test(name)))?.[1]
  const lacks = own.includes('cls_token') ? undefined : 'has no class token (`cls_token`)'
  const reason = variant ?? lacks
  if (reason === undefined) return
  throw new CheckpointError(
    `${path}: this ViT ${reason}; a plain one is needed, as timm's vit_base_patch16_224 or vit_large_patch14_clip_224 are.`,
  )
}

const block = {
  ln_1: 'norm1',
  ln_2: 'norm2',
  in_proj: ['attn.qkv'],
  out_proj: 'attn.proj',
  c_fc: 'mlp.fc1',
  c_proj: 'mlp.fc2',
} as const

function entriesOf(parameter: string, prefix: string): readonly string[] {
  const own = parameter.replace(/^visual\./, '')
  if (own === parameter) return [`${prefix}text.${parameter}`] // timm has no text towers
  if (own.includes('resblocks.')) return blockEntries(own, `${prefix}blocks.`, block)
  const name = own
    .replace(/^class_embedding$/, 'cls_token')
    .replace(/^positional_embedding$/, 'pos_embed')
    .replace(/^conv1\./, 'patch_embed.proj.')
    .replace(/^ln_pre\./, 'norm_pre.')
    .replace(/^ln_post\./, 'norm.')
  return [prefix + name]
}

function background(file: Checkpoint, image: ImageSizes): Background {
  const config = configBeside(file.path, 'config.json')
  const architecture = config?.text('architecture') ?? ''
  const width = config?.number('num_features') ?? image.width
  const belongs = architecture.startsWith('vit_') && width === image.width
  const tag = config && belongs ? config.text('pretrained_cfg', 'tag') : undefined
  const said = config && belongs ? [{ from: 'config.json', told: timmConfig(config), outside: true }] : []
  const id = `${architecture}${tag ? `.${tag}` : ''}`
  const fromConfig = belongs ? timmName(id, `config.json's ${id}`) : undefined
  const named = fromConfig ?? timmNameIn(file.path)
  return {
    sources: [...said, ...(named ? [named] : []), likely(image)],
    warnings: ({ facts, origins }) => [
      ...(config && !belongs ? [`${config.path}: it describes another model than ${file.path}; it is not used.`] : []),
      ...(config && belongs ? otherResampling(config) : []),
      ...(named && facts.activation === 'quick_gelu' && origins.activation === named.from ? mismatch(file.path, named) : []),
      ...(named && !fromConfig && !named.id.includes('.')
        ? [`${file.path}: the name has no tag; taken as ${named.id}.${named.firstTag}, which timm means by it.`]
        : []),
    ],
    remedy: "timm's `config.json` beside the file, or timm's name for it with its tag,",
  }
}

/** The published OpenAI weights and their like, under a name by which timm computes another activation than they were trained with. */
function mismatch(path: string, { id, timmRunsQuick }: TimmName): string[] {
  if (timmRunsQuick) return []
  return [
    `${path}: ${id} was trained with QuickGELU, which Captune computes; timm computes GELU under this name. For timm's numbers, say \`"model_args": {"act_layer": "gelu"}\` in its config.json or \`captune.activation\` = \`gelu\` in its metadata.`,
  ]
}

/** What such a file likely needs where neither its name nor a config tells. */
function likely({ ln_pre = true, size }: ImageSizes): Source {
  const told: Told = ln_pre
    ? { activation: 'gelu', epsilon: 1e-5, crop_pct: 1, crop: 'center', ...clipColours }
    : { activation: 'gelu', epsilon: 1e-6, crop_pct: size > 224 ? 1 : 0.9, crop: 'center', ...plainColours }
  return { from: 'assumed', told, assumed: true }
}

function timmConfig(config: ConfigBeside): Told {
  const crop = config.text('pretrained_cfg', 'crop_mode')
  if (crop !== undefined && crop !== 'center' && crop !== 'squash')
    throw new CheckpointError(`${config.path}: \`pretrained_cfg.crop_mode\` is "${crop}"; center or squash is needed.`)
  return {
    image_heads: config.number('model_args', 'num_heads'),
    activation: activationOf(config),
    mean: config.colour('pretrained_cfg', 'mean'),
    std: config.colour('pretrained_cfg', 'std'),
    crop_pct: config.number('pretrained_cfg', 'crop_pct'),
    crop,
  }
}

/** timm's own way to say it: arguments that its models are made with. */
function activationOf(config: ConfigBeside): Activation | undefined {
  const name = config.text('model_args', 'act_layer')
  if (name === undefined || Object.hasOwn(activations, name)) return name as Activation | undefined
  throw new CheckpointError(
    `${config.path}: \`model_args.act_layer\` is "${name}"; one of ${Object.keys(activations).join(', ')} is needed.`,
  )
}

function otherResampling(config: ConfigBeside): string[] {
  const interpolation = config.text('pretrained_cfg', 'interpolation') ?? 'bicubic'
  if (interpolation === 'bicubic') return []
  return [`${config.path}: \`interpolation\` is ${interpolation}; Captune resizes bicubically all the same.`]
}
