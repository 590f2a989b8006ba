// A run's LoRA as the folder that the Python library `peft` saves and loads, and beside it, in a file of ours, the cross-attention that
// this format cannot hold.
import { UserError } from '../base/errors.ts'
import { writeAtomically } from '../base/files.ts'
import { publishedFactors, publishedSettings } from '../peft/published-lora.ts'
import { withoutLora, writeTensors, type ExportedFile, type Writing } from './export-files.ts'
import { adapterFolder } from './run-folder.ts'
import type { Task } from './task.ts'
import type { Trained } from './trained.ts'

/** Writes the folder `to`. UserError where the run's method is another than LoRA. */
export function exportAdapter({ plan: { peft } }: Task, { tensors, metadata }: Trained, writing: Writing): ExportedFile[] {
  if (peft.type !== 'lora')
    throw new UserError(
      `--to: a folder holds a LoRA adapter, this run's peft.type is ${peft.type}; a .safetensors or .pt file is needed.`,
    )
  const { settings, weights, crossAttention } = adapterFolder(writing.to)
  const factors = { tensors: publishedFactors(tensors, peft), metadata: { ...metadata, format: 'pt' } }
  const files = [
    writeTensors(weights, factors, writing, 'the LoRA, for PeftModel.from_pretrained'),
    writeTensors(
      crossAttention,
      { tensors: withoutLora(tensors), metadata },
      writing,
      "the cross-attention, which peft's format cannot hold",
    ),
  ]
  writeAtomically(settings, `${JSON.stringify(publishedSettings(peft), null, 2)}\n`)
  return [{ path: settings, tensors: null, parameters: null, what: "the adapter's settings" }, ...files]
}
