// CLIP files in OpenAI's names: OpenAI's own archives, state dicts made from them, open_clip's files and ours. Linear maps and the patch
// convolution are [outputs, inputs...]; `proj` and `text_projection` are [inputs, outputs] as ours.
import type { NamedArrays } from '../base/nd-array.ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { ParameterSpec } from '../nn/scope.ts'
import { configBeside } from './config-beside.ts'
import type { ConfigBeside } from './config-beside.ts'
import type { Settled, Source, Told } from './facts.ts'
import { convolutionShape, isBlockMap, prefixBefore } from './layout-names.ts'
import { clipMetadata, clipParameters } from './pretrained-encoder.ts'
import type { Background, EncoderLayout, ImageSizes, PretrainedClip } from './pretrained-encoder.ts'
import { toPublished } from './published-entries.ts'
import { clipNameIn } from './published-names.ts'

/** The layout, for a file that has it; with any prefix, and the text tower below `text.` where open_clip puts it. */
export function openAiLayout(file: Checkpoint): EncoderLayout | undefined {
  const prefix = prefixBefore(file.names, 'visual.conv1.weight')
  if (prefix === undefined) return undefined
  if (file.names.some((name) => name.startsWith(`${prefix}visual.layer1.`)))
    throw new CheckpointError(
      `${file.path}: this is a CLIP whose image tower is a ResNet; one with a vision transformer is needed.`,
    )
  const textBelow = file.names.includes(`${prefix}text.token_embedding.weight`) ? 'text.' : ''
  return { ...plainLayout(prefix, textBelow), background: (image) => background(file, { prefix, textBelow }, image) }
}

function plainLayout(prefix: string, textBelow: string): Omit<EncoderLayout, 'background'> {
  return {
    label: textBelow === '' ? "OpenAI's names" : "OpenAI's names, texts below `text.`",
    projectionsTurned: false,
    entriesOf: (parameter) => [prefix + (/^(visual\.|logit_scale$)/.test(parameter) ? parameter : `${textBelow}${parameter}`)],
    layoutOf: ({ name, shape }: ParameterSpec) => {
      if (name === 'visual.conv1.weight') return { transposed: convolutionShape(shape) }
      return isBlockMap(name) ? { transposed: shape.toReversed() } : 'same'
    },
    // Three sizes that OpenAI's files have as buffers, and causal masks: of each block in a TorchScript archive, of the tower in open_clip.
    ignored: (entry) =>
      !entry.startsWith(prefix) ||
      /^(visual\.)?(input_resolution|context_length|vocab_size)$|(^|\.)attn_mask$/.test(entry.slice(prefix.length)),
  }
}

function background(
  file: Checkpoint,
  { prefix, textBelow }: Record<'prefix' | 'textBelow', string>,
  image: ImageSizes,
): Background {
  const trained: Source = { from: "OpenAI's archives", told: { activation: 'quick_gelu' } }
  if (file.format === 'TorchScript') return { sources: [trained], warnings: () => [], remedy: '' } // only OpenAI published such
  const config = configBeside(file.path, 'open_clip_config.json')
  const belongs = config?.number('model_cfg', 'vision_cfg', 'width') === image.width
  const said = config && belongs ? [openClipConfig(config, image.width)] : []
  const named = clipNameIn(file.path)
  const openClips = textBelow !== '' || prefix.startsWith('module.') || image.width > 1024 // OpenAI published nothing wider
  const guess: Source =
    said.length > 0
      ? { from: "open_clip's default", told: { activation: 'gelu' }, outside: true }
      : { from: 'assumed', told: { activation: openClips ? 'gelu' : 'quick_gelu' }, assumed: true }
  return {
    sources: [...said, ...(isOpenAis(file) ? [trained] : []), ...(named ? [named] : []), guess],
    warnings: ({ facts, origins }: Settled) => [
      ...(config && !belongs ? [`${config.path}: it describes another model than ${file.path}; it is not used.`] : []),
      ...(config && belongs && facts.activation === 'quick_gelu' && origins.activation !== said[0]!.from
        ? [
            `${file.path}: these weights were trained with QuickGELU, which Captune computes; open_clip computes GELU by a config without \`"quick_gelu": true\`. For its numbers, say \`"quick_gelu": false\` in ${config.path}.`,
          ]
        : []),
    ],
    remedy: '`open_clip_config.json` beside the file, or `captune.activation` in its metadata,',
  }
}

/** State dicts made of OpenAI's archives on a GPU are half precision but for the norms; files of ours that say nothing are like theirs. */
function isOpenAis(file: Checkpoint): boolean {
  const half = (ending: string) => file.names.some((name) => name.endsWith(ending) && file.spec(name).stored === 'F16')
  return (
    Object.keys(file.metadata).some((key) => key.startsWith('captune.')) ||
    (half('visual.conv1.weight') && !half('visual.ln_post.weight'))
  )
}

function openClipConfig(config: ConfigBeside, width: number): Source {
  const quick = config.flag('model_cfg', 'quick_gelu')
  const mode = config.text('preprocess_cfg', 'resize_mode')
  if (mode !== undefined && mode !== 'shortest' && mode !== 'squash')
    throw new CheckpointError(`${config.path}: \`preprocess_cfg.resize_mode\` is "${mode}"; shortest or squash is needed.`)
  const told: Told = {
    image_heads: width / (config.number('model_cfg', 'vision_cfg', 'head_width') ?? 64),
    text_heads: config.number('model_cfg', 'text_cfg', 'heads'),
    activation: quick === undefined ? undefined : quick ? 'quick_gelu' : 'gelu',
    mean: config.colour('preprocess_cfg', 'mean'),
    std: config.colour('preprocess_cfg', 'std'),
    crop: mode === undefined ? undefined : mode === 'squash' ? 'squash' : 'center',
  }
  return { from: 'open_clip_config.json', told, outside: true }
}

/** Arrays and metadata of a file in OpenAI's names. */
export function clipEntries({ shape, weights, preprocessing }: Pick<PretrainedClip, 'shape' | 'weights' | 'preprocessing'>): {
  arrays: NamedArrays
  metadata: Record<string, string>
} {
  return {
    arrays: toPublished(weights, clipParameters(shape), plainLayout('', '')),
    metadata: clipMetadata(shape, preprocessing),
  }
}
