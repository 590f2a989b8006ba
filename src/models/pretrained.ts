// Published weights, whatever their family: recognised by their entries, checked, and given in our names and layout.
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { openCheckpoint } from '../checkpoint/open.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import type { DecoderShape } from '../nn/transformer.ts'
import type { ClipShape } from './clip.ts'
import { clipEntries, expectedClip, looksLikeClip, readClip } from './pretrained-clip.ts'
import type { PretrainedClip } from './pretrained-clip.ts'
import { expectedGpt2, gpt2Entries, looksLikeGpt2, readGpt2 } from './pretrained-gpt2.ts'
import type { PretrainedGpt2 } from './pretrained-gpt2.ts'
import { misfits } from './published-entries.ts'
import type { Misfits } from './published-entries.ts'

export type { PretrainedClip, Preprocessing } from './pretrained-clip.ts'
export { clipColours } from './pretrained-clip.ts'
export type { PretrainedGpt2 } from './pretrained-gpt2.ts'

export type Pretrained = PretrainedClip | PretrainedGpt2

/** Reads a file of any format and of any family we know. Throws CheckpointError where it is damaged, of another family, or does not fit its own sizes. */
export function readPretrained(path: string): Pretrained {
  const file = openCheckpoint(path)
  if (looksLikeClip(file)) return readClip(file)
  if (looksLikeGpt2(file)) return readGpt2(file)
  const names = file.names.slice(0, 3).map((name) => `\`${name}\``)
  throw new CheckpointError(
    `${path}: the entries (${names.join(', ')}, ...) are of no known model; a CLIP in OpenAI's names or a GPT-2 is needed.`,
  )
}

/** The model that an opened file is of, judged by names and shapes alone, and where the file differs from it. */
export type Recognised =
  | ({ readonly family: 'clip'; readonly shape: ClipShape } & Misfits)
  | ({ readonly family: 'gpt2'; readonly shape: DecoderShape } & Misfits)

/** Undefined for a file of no known family. Throws CheckpointError where the entries that tell the sizes are missing or misshapen. */
export function recognise(file: Checkpoint): Recognised | undefined {
  if (looksLikeClip(file)) {
    const { shape, specs, published } = expectedClip(file)
    return { family: 'clip', shape, ...misfits(file, specs, published) }
  }
  if (!looksLikeGpt2(file)) return undefined
  const { shape, specs, published } = expectedGpt2(file)
  return { family: 'gpt2', shape, ...misfits(file, specs, published) }
}

/** Reads a CLIP; CheckpointError where the file is something else. */
export function readPretrainedClip(path: string): PretrainedClip {
  const model = readPretrained(path)
  if (model.family !== 'clip') throw new CheckpointError(`${path}: this is a GPT-2 decoder; a CLIP encoder is needed.`)
  return model
}

/** Reads a decoder; CheckpointError where the file is something else. */
export function readPretrainedDecoder(path: string): PretrainedGpt2 {
  const model = readPretrained(path)
  if (model.family !== 'gpt2') throw new CheckpointError(`${path}: this is a CLIP encoder; a GPT-2 decoder is needed.`)
  return model
}

/** Writes a model in its published names and layout, so that other programs read it too. */
export function writePretrained(path: string, model: Pretrained, dtype: 'float32' | 'float16' = 'float32'): void {
  const { arrays, metadata } = model.family === 'clip' ? clipEntries(model) : gpt2Entries(model)
  writeSafetensors(path, arrays, metadata, { dtype })
}
