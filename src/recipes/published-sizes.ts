// The published models' sizes: what a config would train, and how long a model takes, can be told before its weights are here.
import { basename } from 'node:path'
import type { RunConfig } from '../config/run-config.ts'
import type { ClipShape } from '../models/clip.ts'
import { requireWithinLimit, trainedLimit, trainedParts } from '../peft/trainable.ts'
import type { Trained } from './task.ts'

export interface PublishedClip {
  /** As `captune get clip` calls it. */
  readonly name: string
  readonly file: string
  readonly shape: ClipShape
}

/** OpenAI's CLIPs, the quickest first. */
export const publishedClips: readonly PublishedClip[] = [
  { name: 'ViT-B/32', file: 'ViT-B-32.pt', shape: clipShape('base', 224, 32) },
  { name: 'ViT-B/16', file: 'ViT-B-16.pt', shape: clipShape('base', 224, 16) },
  { name: 'ViT-L/14', file: 'ViT-L-14.pt', shape: clipShape('large', 224, 14) },
  { name: 'ViT-L/14@336px', file: 'ViT-L-14-336px.pt', shape: clipShape('large', 336, 14) },
]

function clipShape(kind: 'base' | 'large', size: number, patch: number): ClipShape {
  const rules = { activation: 'quick_gelu', epsilon: 1e-5 } as const
  const image = kind === 'base' ? { width: 768, layers: 12, heads: 12 } : { width: 1024, layers: 24, heads: 16 }
  const text = kind === 'base' ? { width: 512, layers: 12, heads: 8 } : { width: 768, layers: 12, heads: 12 }
  const embedding = text.width
  return {
    image: { ...image, ...rules, size, patch, embedding },
    text: { ...text, ...rules, context: 77, vocabulary: 49_408, embedding },
  }
}

const gpt2Small = { layers: 12, width: 768 }
const decoders: Readonly<Record<string, typeof gpt2Small>> = { 'decoder_model.bin': gpt2Small, 'gpt2.safetensors': gpt2Small }

/** What is trained, from the sizes of the published models that the config names; undefined where it names others. UserError over the limit. */
export function trainedBySize({ encoder, decoder: { weights }, cross_attention, peft }: RunConfig): Trained | undefined {
  const encoderWidth = publishedClips.find(({ file }) => file === basename(encoder.weights))?.shape.image.width
  const decoder = decoders[basename(weights)]
  if (encoderWidth === undefined || decoder === undefined) return undefined
  const parts = trainedParts({ decoder, encoderWidth, cross_attention, peft })
  return { parts, trained: requireWithinLimit(parts), limit: trainedLimit }
}
