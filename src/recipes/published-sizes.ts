// What a config would train, before its weights are here: the published models are known by their files' names.
import { basename } from 'node:path'
import type { RunConfig } from '../config/run-config.ts'
import { requireWithinLimit, trainedLimit, trainedParts } from '../peft/trainable.ts'
import type { Trained } from './task.ts'

const imageWidths: Readonly<Record<string, number>> = {
  'ViT-B-32.pt': 768,
  'ViT-B-16.pt': 768,
  'ViT-L-14.pt': 1024,
  'ViT-L-14-336px.pt': 1024,
}

const gpt2Small = { layers: 12, width: 768 }
const decoders: Readonly<Record<string, typeof gpt2Small>> = { 'decoder_model.bin': gpt2Small, 'gpt2.safetensors': gpt2Small }

/** What is trained, from the sizes of the published models that the config names; undefined where it names others. UserError over the limit. */
export function trainedBySize({ encoder, decoder: { weights }, cross_attention, peft }: RunConfig): Trained | undefined {
  const encoderWidth = imageWidths[basename(encoder.weights)]
  const decoder = decoders[basename(weights)]
  if (encoderWidth === undefined || decoder === undefined) return undefined
  const parts = trainedParts({ decoder, encoderWidth, cross_attention, peft })
  return { parts, trained: requireWithinLimit(parts), limit: trainedLimit }
}
