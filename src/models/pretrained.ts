// Published weights, whatever their family: recognised by their entries, checked, and given in our names and layout.
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { openCheckpoint } from '../checkpoint/open.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import { describeEncoder, imageParameters } from './pretrained-encoder.ts'
import type { DescribedEncoder, PretrainedClip, PretrainedEncoder } from './pretrained-encoder.ts'
import { describeGpt2, gpt2Entries, looksLikeGpt2, requireTiedHead } from './pretrained-gpt2.ts'
import type { DescribedGpt2, PretrainedGpt2 } from './pretrained-gpt2.ts'
import { huggingFaceLayout } from './pretrained-hugging-face.ts'
import { clipEntries, openAiLayout } from './pretrained-openai.ts'
import { timmLayout } from './pretrained-timm.ts'
import { misfits, readPublished, requireFit } from './published-entries.ts'
import type { Misfits } from './published-entries.ts'

export { clipColours } from './facts.ts'
export type { Preprocessing } from './facts.ts'
export type { PretrainedClip, PretrainedEncoder } from './pretrained-encoder.ts'
export type { PretrainedGpt2 } from './pretrained-gpt2.ts'

/** A model that an opened file holds, judged by names and shapes and by what lies beside it; no values are read. */
export type Described = DescribedEncoder | DescribedGpt2
type DescribedClip = Extract<DescribedEncoder, { family: 'clip' }>

/**
 * The models that a file holds: one, in a captioner's checkpoint both encoder and decoder, none where it is of no known family. Throws
 * CheckpointError where the entries that tell the sizes are missing or misshapen.
 */
export function modelsIn(file: Checkpoint): readonly Described[] {
  const layout = layoutOf(file)
  return [...(layout ? [describeEncoder(file, layout)] : []), ...(looksLikeGpt2(file) ? [describeGpt2(file)] : [])]
}

/** Where a file differs from a model that it holds. */
export function misfitsOf(file: Checkpoint, { specs, published }: Described): Misfits {
  return misfits(file, specs, published)
}

/** What a file is read as: an image tower, a CLIP with both towers, a decoder. */
export type Role = 'encoder' | 'clip' | 'decoder'

interface DescribedBy {
  readonly encoder: DescribedEncoder
  readonly clip: DescribedClip
  readonly decoder: DescribedGpt2
}

/** The model that would be read from the file at `path`, without its values. Throws CheckpointError where it would not be read. */
export function describeAs<Of extends Role>(role: Of, path: string): DescribedBy[Of] {
  return fitting(role, openCheckpoint(path))
}

/** The file as that model, every parameter found in its shape and nothing left over. */
function fitting<Of extends Role>(role: Of, file: Checkpoint): DescribedBy[Of] {
  const finders: { [Each in Role]: (file: Checkpoint) => DescribedBy[Each] } = {
    encoder: encoderOf,
    clip: clipOf,
    decoder: decoderOf,
  }
  const model = finders[role](file)
  requireFit(file, model.specs, model.published)
  return model
}

/**
 * Reads the image tower of a CLIP or a vision transformer, or only of a CLIP where its embedding is to be compared with texts.
 * CheckpointError where the file is damaged, of another family, or does not fit its own sizes.
 */
export function readPretrainedEncoder(path: string, role: 'encoder' | 'clip' = 'encoder'): PretrainedEncoder {
  const file = openCheckpoint(path)
  const { family, shape, published, preprocessing, warnings } = fitting(role, file)
  const weights = readPublished(file, imageParameters(shape.image), published) // a text tower's bytes are not read
  return { family, shape: { image: shape.image }, weights, preprocessing, warnings }
}

/** Reads both towers of a CLIP, or the text tower's weights alone; CheckpointError where the file is something else. */
export function readPretrainedClip(path: string, towers: 'both' | 'text' = 'both'): PretrainedClip {
  const file = openCheckpoint(path)
  const { family, shape, specs, published, preprocessing, warnings } = fitting('clip', file)
  const wanted = towers === 'both' ? specs : specs.filter(({ name }) => !name.startsWith('visual.'))
  return { family, shape, weights: readPublished(file, wanted, published), preprocessing, warnings }
}

/** Reads a decoder, also that of a captioner; CheckpointError where the file is something else. */
export function readPretrainedDecoder(path: string): PretrainedGpt2 {
  const file = openCheckpoint(path)
  const model = fitting('decoder', file)
  const weights = readPublished(file, model.specs, model.published)
  requireTiedHead(file, model, weights)
  return { family: 'gpt2', shape: model.shape, weights, warnings: model.warnings }
}

const layoutOf = (file: Checkpoint) => openAiLayout(file) ?? huggingFaceLayout(file) ?? timmLayout(file)

function encoderOf(file: Checkpoint): DescribedEncoder {
  const layout = layoutOf(file)
  if (layout !== undefined) return describeEncoder(file, layout)
  throw looksLikeGpt2(file)
    ? new CheckpointError(`${file.path}: this is a GPT-2 decoder; a CLIP or a vision transformer is needed.`)
    : unknown(file, "a CLIP, or a vision transformer in timm's names,")
}

function clipOf(file: Checkpoint): DescribedClip {
  const model = encoderOf(file)
  if (model.family === 'clip') return model
  throw new CheckpointError(
    `${file.path}: this vision transformer has no text tower and cannot compare captions with images; a CLIP with both towers is needed to judge or to classify.`,
  )
}

function decoderOf(file: Checkpoint): DescribedGpt2 {
  if (looksLikeGpt2(file)) return describeGpt2(file)
  throw layoutOf(file) !== undefined
    ? new CheckpointError(`${file.path}: this is an image encoder; a GPT-2 decoder is needed.`)
    : unknown(file, 'a GPT-2')
}

function unknown({ path, names }: Checkpoint, needed: string): CheckpointError {
  const shown = names.slice(0, 3).map((name) => `\`${name}\``)
  return new CheckpointError(`${path}: the entries (${shown.join(', ')}, ...) are of no known model; ${needed} is needed.`)
}

/** Writes a model in its published names and layout, so that other programs read it too. */
export function writePretrained(
  path: string,
  model: Omit<PretrainedClip, 'warnings'> | Omit<PretrainedGpt2, 'warnings'>,
  dtype: 'float32' | 'float16' = 'float32',
): void {
  const { arrays, metadata } = model.family === 'clip' ? clipEntries(model) : gpt2Entries(model)
  writeSafetensors(path, arrays, metadata, { dtype })
}
