// The built-in world where a configuration wants it: made on the first use, with the decoder's files beside the data as the course lays them out.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromRoot, writeAtomically } from '../base/files.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import { writeTorchZip } from '../checkpoint/torch-zip.ts'
import type { DataConfig } from '../config/run-config.ts'
import { makeWorld, usualWorld, worldState, type World, type WorldWishes } from '../data/shapes/world.ts'
import type { EncodeOptions } from './encode.ts'

/** Where the world lies unless somebody wants it elsewhere. */
export const worldRoot = 'data/shapes'
const decoderWeights = 'weights/shapes/decoder.safetensors'
const vocabulary = 'weights/shapes/gpt2'

/** The worlds that are made on their first use, by the root that configs name: the usual one, and one so small that all of it takes seconds. */
const worlds: ReadonlyMap<string, WorldWishes> = new Map([
  [fromRoot(worldRoot), usualWorld],
  [fromRoot('data/smoke'), { seed: 1, train: 160, val: 40, perClass: 1 }],
])

/** Whether the data of this root is made here; other data is the user's to bring. */
export function isProvided(root: string): boolean {
  return worlds.has(fromRoot(root))
}

/** Makes the built-in world that `config` stands on, if it stands on one and it is not there. */
export async function provideData(config: { readonly data: DataConfig }, { report, signal }: EncodeOptions): Promise<void> {
  const root = fromRoot(config.data.root)
  const wishes = worlds.get(root)
  if (wishes === undefined || worldState(root, wishes) === 'complete') return
  await makeShapes(root, wishes, { report, signal })
}

/** Makes the world in `root`: images, captions, labels, and `p2_data/{decoder_model.bin,encoder.json,vocab.bpe}`. */
export async function makeShapes(root: string, wishes: Partial<WorldWishes>, { report, signal }: EncodeOptions): Promise<World> {
  const world = await makeWorld(root, wishes, report, signal)
  const folder = join(root, 'p2_data')
  if (existsSync(fromRoot(decoderWeights))) copyDecoder(join(folder, 'decoder_model.bin'))
  for (const name of ['encoder.json', 'vocab.bpe']) {
    const source = join(fromRoot(vocabulary), name)
    if (existsSync(source)) writeAtomically(join(folder, name), readFileSync(source))
  }
  return world
}

/** The decoder as the course hands it out: a PyTorch archive. */
function copyDecoder(path: string): void {
  const decoder = readSafetensors(fromRoot(decoderWeights))
  writeTorchZip(path, decoder.readAll(), decoder.metadata)
}
