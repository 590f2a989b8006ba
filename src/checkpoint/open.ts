// A weights file of any format, recognised by its content and not by its name.
import { CheckpointError } from './checkpoint-error.ts'
import type { Checkpoint } from './checkpoint.ts'
import { openBytes } from './file-bytes.ts'
import { readSafetensors } from './safetensors.ts'
import { openSharded } from './sharded.ts'
import { openTorchArchive } from './torch-archive.ts'
import { legacyMagic, openTorchLegacy } from './torch-legacy.ts'

/**
 * Opens safetensors (also by the index JSON of sharded ones), PyTorch zip, TorchScript and legacy PyTorch files. What describes the tensors
 * is read and checked; values are read on demand. No code of a file runs. Throws CheckpointError naming file, entry and offset.
 */
export function openCheckpoint(path: string): Checkpoint {
  const file = openBytes(path)
  const head = Buffer.from(file.read(0, Math.min(file.size, 512), 'the file'))
  const text = head.toString('latin1')
  if (text.startsWith('PK\x03\x04')) return openTorchArchive(file)
  if (head.subarray(0, legacyMagic.length).equals(legacyMagic)) return openTorchLegacy(file)
  if (text.slice(257, 262) === 'ustar')
    throw new CheckpointError(
      `${path}: this is the tar format of PyTorch before 0.1.10; load and save it again with a newer PyTorch.`,
    )
  if (head[0] === 0x80 && head[1]! <= 5)
    throw new CheckpointError(
      `${path}: this is a pickle that \`torch.save\` did not write; save its tensors with \`torch.save\`.`,
    )
  if (text.startsWith('version https://git-lfs'))
    throw new CheckpointError(`${path}: this is a Git LFS pointer and not the weights; fetch them with \`git lfs pull\`.`)
  if (/^\s*\{/.test(text) && !text.slice(0, 8).includes('\0')) return openSharded(file) // a safetensors file begins with a length
  return readSafetensors(path)
}
