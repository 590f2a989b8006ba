// The files that an export writes, in either format, and what is told of them.
import type { NamedArrays } from '../base/nd-array.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import { writeTorchZip } from '../checkpoint/torch-zip.ts'
import { countTrained } from '../peft/trainable.ts'

/** `folder`: that of a LoRA adapter, or that of a whole GPT-2. */
export type ExportFormat = 'safetensors' | 'pt' | 'folder'

export interface Writing {
  /** The file or folder to write. */
  readonly to: string
  readonly format: ExportFormat
  /** How safetensors files store values; a PyTorch file is float32. */
  readonly dtype: 'float32' | 'float16'
}

/** A file that was written; one without tensors has null for their numbers. */
export interface ExportedFile {
  readonly path: string
  readonly tensors: number | null
  readonly parameters: number | null
  readonly what: string
}

/** Writes a PyTorch file for the format `pt`, safetensors for the others, and tells of it. */
export function writeTensors(
  path: string,
  { tensors, metadata }: { tensors: NamedArrays; metadata: Readonly<Record<string, string>> },
  { format, dtype }: Writing,
  what: string,
): ExportedFile {
  if (format === 'pt') writeTorchZip(path, tensors, metadata)
  else writeSafetensors(path, tensors, metadata, { dtype })
  const arrays = Object.values(tensors)
  return { path, tensors: arrays.length, parameters: countTrained(arrays), what }
}

/** The trained tensors that are no low-rank factors: cross-attention. */
export function withoutLora(tensors: NamedArrays): NamedArrays {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !/\.lora_[AB]$/.test(name)))
}
