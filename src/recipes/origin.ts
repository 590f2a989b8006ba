// What a task's trained tensors belong to: the structure they were trained in and the files they were trained beside.
import { join } from 'node:path'
import { fromRoot } from '../base/files.ts'
import { contentHashes } from '../data/fingerprint.ts'
import type { Origin } from '../peft/load-trained.ts'
import { hashesPath } from './places.ts'
import type { Task } from './task.ts'

/** The origin of a task's trained tensors, to be written beside them. Reads the base files, or their known hashes. */
export async function originOf({ config, plan }: Pick<Task, 'config' | 'plan'>): Promise<Origin> {
  const { encoder, decoder } = config
  const files = {
    'encoder.weights': encoder.weights,
    'decoder.weights': decoder.weights,
    'decoder.vocabulary/encoder.json': join(decoder.vocabulary, 'encoder.json'),
    'decoder.vocabulary/vocab.bpe': join(decoder.vocabulary, 'vocab.bpe'),
  }
  const named = Object.entries(files).map(([name, path]) => ({ name, path: fromRoot(path) }))
  const hashes = await contentHashes(named, hashesPath())
  return { ...structureOf(plan), ...Object.fromEntries(named.map(({ name }) => [`sha256:${name}`, hashes[name]!])) }
}

/** The part of an origin that holds beside any base files of the same sizes. */
export function structureOf({ peft, cross_attention, decoder }: Task['plan']): Origin {
  const { encoderWidth, ...cross } = cross_attention
  return {
    ...texts('peft', peft),
    ...texts('cross_attention', cross),
    ...texts('decoder', decoder),
    'encoder.width': String(encoderWidth),
  }
}

function texts(section: string, values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${section}.${key}`, textOf(value)]))
}

/** The order of a list says nothing: targets and layers are sets. */
function textOf(value: unknown): string {
  return Array.isArray(value) ? value.map(String).sort().join(', ') : String(value)
}
