// Published weights, whatever their family: recognised by their entries, checked, and given in our names and layout.
import { CheckpointError, readSafetensors, writeSafetensors } from '../checkpoint/safetensors.ts'
import { clipEntries, looksLikeClip, readClip } from './pretrained-clip.ts'
import type { PretrainedClip } from './pretrained-clip.ts'
import { gpt2Entries, looksLikeGpt2, readGpt2 } from './pretrained-gpt2.ts'
import type { PretrainedGpt2 } from './pretrained-gpt2.ts'

export type { PretrainedClip, Preprocessing } from './pretrained-clip.ts'
export { clipColours } from './pretrained-clip.ts'
export type { PretrainedGpt2 } from './pretrained-gpt2.ts'

export type Pretrained = PretrainedClip | PretrainedGpt2

/** Reads a safetensors file of any family we know. Throws CheckpointError where it is damaged, of another family, or does not fit its own sizes. */
export function readPretrained(path: string): Pretrained {
  const file = readSafetensors(path)
  if (looksLikeClip(file)) return readClip(file)
  if (looksLikeGpt2(file)) return readGpt2(file)
  const names = file.names.slice(0, 3).map((name) => `\`${name}\``)
  throw new CheckpointError(
    `${path}: the entries (${names.join(', ')}, ...) are of no known model; a CLIP in OpenAI's names or a GPT-2 is needed.`,
  )
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
