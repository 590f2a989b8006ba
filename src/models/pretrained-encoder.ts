// From a published file to an image encoder: sizes from the shapes, everything else from the metadata or the layout's own sources. An
// encoder is a CLIP, whose two towers compare images with texts, or a vision transformer alone, which only looks.
import type { NamedArrays } from '../base/nd-array.ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { activations } from '../nn/activation.ts'
import type { Activation } from '../nn/activation.ts'
import { declared } from '../nn/scope.ts'
import type { ParameterSpec } from '../nn/scope.ts'
import { clip } from './clip.ts'
import type { ClipShape, ClipTextShape } from './clip.ts'
import { clipColours, factsText, settle } from './facts.ts'
import type { Colour, Preprocessing, Settled, Source, Told } from './facts.ts'
import { countLayers, onlyEntry, requireHeads, requireShape, wholeNumber } from './published-entries.ts'
import type { Expected, Published } from './published-entries.ts'
import { vit } from './vit.ts'
import type { VitShape } from './vit.ts'

/** What shapes tell of an image tower. */
export type ImageSizes = Pick<VitShape, 'size' | 'patch' | 'width' | 'layers' | 'embedding' | 'patch_bias' | 'ln_pre'>

/** How a family of files names and lays out its entries, under our names, and what is known of such a file beside its shapes. */
export interface EncoderLayout extends Published {
  /** For people: "a CLIP in OpenAI's names". */
  readonly label: string
  /** Whether `proj` and `text_projection` are [outputs, inputs]. */
  readonly projectionsTurned: boolean
  readonly background: (image: ImageSizes) => Background
}

export interface Background {
  /** In the order of trust, behind the file's own metadata; `usual` is added. */
  readonly sources: readonly Source[]
  /** What to tell the user, once it is settled which source told what. */
  readonly warnings: (settled: Settled) => readonly string[]
  /** What would tell the facts that are assumed: "timm's `config.json` beside the file". */
  readonly remedy: string
}

export type DescribedEncoder = {
  readonly label: string
  /** What the name of the file, or a file beside it, changes in what it computes; empty for nothing. */
  readonly beyond: string
  readonly preprocessing: Preprocessing
  readonly settled: Settled
  readonly warnings: readonly string[]
} & (({ readonly family: 'clip' } & Expected<ClipShape>) | ({ readonly family: 'vit' } & Expected<{ readonly image: VitShape }>))

/** An image tower ready to be built; where the file is a CLIP, it is that CLIP's. */
export interface PretrainedEncoder {
  readonly family: 'clip' | 'vit'
  readonly shape: { readonly image: VitShape }
  /** Under the names that `vit` asks for, below `visual.`. */
  readonly weights: NamedArrays
  readonly preprocessing: Preprocessing
  /** What a user should know of how the file was understood, a sentence each. */
  readonly warnings: readonly string[]
}

export interface PretrainedClip extends PretrainedEncoder {
  readonly family: 'clip'
  readonly shape: ClipShape
}

/** The encoder of this file's sizes. Throws CheckpointError where the sizes cannot be told or what is told is no use. */
export function describeEncoder(file: Checkpoint, layout: EncoderLayout): DescribedEncoder {
  const sizes = imageSizes(file, layout)
  const { sources, warnings, remedy } = layout.background(sizes)
  const texts = textSizes(file, layout)
  const settled = settle([{ from: 'its metadata', told: metadata(file) }, ...sources, usual(sizes.width, texts?.width)])
  const { facts, assumed, origins } = settled
  const rules = { activation: facts.activation, epsilon: facts.epsilon }
  const image: VitShape = { ...sizes, ...rules, heads: facts.image_heads }
  requireHeads(file, image.heads, image.width, origins.image_heads)
  const { mean, std, crop_pct, crop, interpolation } = facts
  const guess = `${file.path}: taken with ${factsText(facts, assumed)}, for nothing tells otherwise; ${remedy} would.`
  const described = {
    label: layout.label,
    preprocessing: { size: image.size, mean, std, crop_pct, crop, interpolation },
    settled,
    beyond: settled.beyond,
    warnings: [...(assumed.length > 0 ? [guess] : []), ...warnings(settled)],
    published: layout,
  }
  if (texts === undefined || image.embedding === undefined)
    return { ...described, family: 'vit', shape: { image }, specs: imageParameters(image) }
  const text = { ...texts, ...rules, heads: facts.text_heads, embedding: image.embedding }
  requireHeads(file, text.heads, text.width, origins.text_heads)
  const shape = { image: { ...image, embedding: image.embedding }, text }
  return { ...described, family: 'clip', shape, specs: clipParameters(shape) }
}

export const clipParameters = (shape: ClipShape): ParameterSpec[] => declared((scope) => clip(scope, shape))
export const imageParameters = (shape: VitShape): ParameterSpec[] => declared((scope) => vit(scope.at('visual'), shape))

function imageSizes(file: Checkpoint, layout: EncoderLayout): ImageSizes {
  const entry = (parameter: string) => onlyEntry(layout, `visual.${parameter}`)
  const has = (parameter: string) => file.names.includes(entry(parameter))
  const [width, , patch] = requireShape(file, entry('conv1.weight'), [-1, 3, -1, -1]) as [number, number, number]
  const positions = entry('positional_embedding')
  const leading = file.names.includes(positions) && file.spec(positions).shape.length === 3 ? [1] : []
  const tokens = requireShape(file, positions, [...leading, -1, width]).at(-2)!
  const grid = Math.sqrt(tokens - 1)
  if (!Number.isInteger(grid) || grid === 0)
    throw new CheckpointError(`${file.path}: \`${positions}\` has ${tokens} rows; one more than a square is needed.`)
  const comparesTexts = has('proj') || file.names.includes(onlyEntry(layout, 'token_embedding.weight'))
  return {
    size: grid * patch,
    patch,
    width,
    layers: layersOf(file, entry('transformer.resblocks.0.ln_1.weight')),
    ...(comparesTexts ? { embedding: projected(file, layout, 'visual.proj', width) } : {}),
    ...(has('conv1.bias') ? { patch_bias: true } : {}),
    ...(has('ln_pre.weight') ? {} : { ln_pre: false }),
  }
}

type TextSizes = Pick<ClipTextShape, 'context' | 'vocabulary' | 'width' | 'layers'>

/** Undefined where the file has no text tower. */
function textSizes(file: Checkpoint, layout: EncoderLayout): TextSizes | undefined {
  const entry = (parameter: string) => onlyEntry(layout, parameter)
  if (!file.names.includes(entry('token_embedding.weight'))) return undefined
  const [vocabulary, width] = requireShape(file, entry('token_embedding.weight'), [-1, -1]) as [number, number]
  const [context] = requireShape(file, entry('positional_embedding'), [-1, width]) as [number]
  return { context, vocabulary, width, layers: layersOf(file, entry('transformer.resblocks.0.ln_1.weight')) }
}

const layersOf = (file: Checkpoint, firstNorm: string) => countLayers(file, firstNorm.replace(/0\.[^.]+\.weight$/, ''))

function projected(file: Checkpoint, layout: EncoderLayout, parameter: string, width: number): number {
  const needed = layout.projectionsTurned ? [-1, width] : [width, -1]
  return requireShape(file, onlyEntry(layout, parameter), needed)[layout.projectionsTurned ? 0 : 1]!
}

/** What all encoders have where nothing else is told; a layout that is less sure puts an assumption before it. */
function usual(imageWidth: number, textWidth = 0): Source {
  const told: Told = {
    image_heads: imageWidth > 1024 ? 16 : headsOf64(imageWidth), // huge, giant and gigantic towers have 16 wider heads
    text_heads: headsOf64(textWidth),
    activation: 'quick_gelu',
    epsilon: 1e-5,
    ...clipColours,
    crop_pct: 1,
    crop: 'center',
    interpolation: 'bicubic',
  }
  return { from: 'as usual', told }
}

const headsOf64 = (width: number) => Math.max(1, Math.floor(width / 64))

/** The facts in a file's own metadata, as `clipMetadata` writes them. */
function metadata(file: Checkpoint): Told {
  const text = (key: string) => file.metadata[`captune.${key}`]
  const crop = text('crop')
  if (crop !== undefined && crop !== 'center' && crop !== 'squash')
    throw new CheckpointError(`${file.path}: metadata \`captune.crop\` is "${crop}"; center or squash is needed.`)
  return {
    image_heads: wholeNumber(file, 'captune.image_heads'),
    text_heads: wholeNumber(file, 'captune.text_heads'),
    activation: activationOf(file, text('activation')),
    epsilon: fraction(file, 'epsilon', 'a number such as 1e-5', (value) => value > 0 && value < 1),
    mean: colour(file, 'mean'),
    std: colour(file, 'std'),
    crop_pct: fraction(file, 'crop_pct', 'a share such as 0.9', (value) => value > 0 && value <= 1),
    crop,
  }
}

/** The metadata of a file that tells every fact itself. */
export function clipMetadata({ image, text }: ClipShape, preprocessing: Preprocessing): Record<string, string> {
  return {
    'captune.image_heads': String(image.heads),
    'captune.text_heads': String(text.heads),
    'captune.activation': image.activation,
    'captune.epsilon': String(image.epsilon),
    'captune.mean': preprocessing.mean.join(),
    'captune.std': preprocessing.std.join(),
    'captune.crop_pct': String(preprocessing.crop_pct),
    'captune.crop': preprocessing.crop,
  }
}

function activationOf(file: Checkpoint, name: string | undefined): Activation | undefined {
  if (name === undefined || Object.hasOwn(activations, name)) return name as Activation | undefined
  throw new CheckpointError(
    `${file.path}: metadata \`captune.activation\` is "${name}"; one of ${Object.keys(activations).join(', ')} is needed.`,
  )
}

function fraction(file: Checkpoint, key: string, needed: string, fits: (value: number) => boolean): number | undefined {
  const text = file.metadata[`captune.${key}`]
  if (text === undefined || fits(Number(text))) return text === undefined ? undefined : Number(text)
  throw new CheckpointError(`${file.path}: metadata \`captune.${key}\` is "${text}"; ${needed} is needed.`)
}

function colour(file: Checkpoint, key: string): Colour | undefined {
  const text = file.metadata[`captune.${key}`]
  if (text === undefined) return undefined
  const values = text.split(',').map(Number)
  if (values.length === 3 && values.every(Number.isFinite)) return values as unknown as Colour
  throw new CheckpointError(
    `${file.path}: metadata \`captune.${key}\` is "${text}"; three numbers such as 0.5,0.5,0.5 are needed.`,
  )
}
